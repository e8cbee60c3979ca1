import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PublishedSnapshots } from "../../../application/published-snapshots.ts";
import { parsePointer, parseVersion, pointerText, versionText } from "../../../application/published-version.ts";
import { ServiceError } from "../../../domain/errors.ts";
import type { SnapshotCheck } from "../../../domain/ports/snapshot-port.ts";
import { failureOf, unending } from "../../contract/corpus-contract-context.ts";
import { fileOf } from "../../contract/object-store-contract.ts";
import { FakeObjectStore } from "../../support/fakes/fake-object-store.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

/** A directory with two files, as a snapshot that was found whole. */
async function snapshotOf(text: string, createdAt: string): Promise<{ directory: string; check: SnapshotCheck }> {
  const directory = await temporaryFolder();
  const files = [];
  for (const [name, content] of [
    ["corpus.sqlite", text],
    ["manifest.json", `of ${text}`],
  ] as const) {
    await writeFile(join(directory, name), content);
    const { bytes, sha256 } = await fileOf(Buffer.from(content));
    files.push({ name, bytes, sha256 });
  }
  const counts = { generation: 1, analyzer: 2, documents: 3, passages: 4, vectors: 4, bytes: 10 };
  return { directory, check: { snapshot: { createdAt, corpus: "boats", ...counts }, problems: [], files } };
}

async function scene() {
  const store = new FakeObjectStore();
  const published = new PublishedSnapshots(store);
  const put = async (text: string, createdAt: string) => {
    const { directory, check } = await snapshotOf(text, createdAt);
    return published.put(directory, check, unending());
  };
  return { store, published, put };
}

describe("published snapshots", () => {
  it("are put whole before anything names them, the pointer last", async () => {
    const { store, published, put } = await scene();
    expect(await published.latest(undefined, unending())).toBeUndefined();
    const version = await put("one", "2026-11-26T18:10:11.123Z");
    expect(version).toMatch(/^20261126T181011Z-[0-9a-f]{12}$/u);
    expect(await published.latest(undefined, unending())).toBeUndefined();
    await published.use(version, unending());
    expect(store.puts).toEqual([
      `versions/${version}/corpus.sqlite`,
      `versions/${version}/manifest.json`,
      `versions/${version}/version.json`,
      "latest.json",
    ]);
    const latest = await published.latest(undefined, unending());
    expect(latest).toMatchObject({ version });
    expect(await published.latest((latest as { tag: string }).tag, unending())).toBe("unchanged");
  });

  it("come back as they were put, by their versions, oldest first", async () => {
    const { published, put } = await scene();
    const second = await put("two", "2026-11-27T00:00:00.000Z");
    const first = await put("one", "2026-11-26T00:00:00.000Z");
    expect(await published.versions(unending())).toEqual([first, second]);
    const directory = join(await temporaryFolder(), "got");
    await mkdir(directory);
    expect(await published.get(first, directory, unending())).toMatchObject({ version: first, documents: 3 });
    expect(await readFile(join(directory, "corpus.sqlite"), "utf8")).toBe("one");
    expect(await readFile(join(directory, "manifest.json"), "utf8")).toBe("of one");
  });

  it("are put once, however often they are published", async () => {
    const { store, put } = await scene();
    const version = await put("one", "2026-11-26T18:10:11Z");
    const puts = store.puts.length;
    expect(await put("one", "2026-11-26T18:10:11Z")).toBe(version);
    expect(store.puts).toHaveLength(puts);
  });

  it("tell the share that was put, up to all", async () => {
    const { published } = await scene();
    const { directory, check } = await snapshotOf("one", "2026-11-26T18:10:11Z");
    const shares: number[] = [];
    await published.put(directory, check, unending(), (share) => shares.push(share));
    expect(shares).toEqual([...shares].sort());
    expect(shares.at(-1)).toBe(1);
  });

  it("are refused with all that is wrong where a snapshot does not verify, and nothing is put", async () => {
    const { store, published } = await scene();
    const { directory, check } = await snapshotOf("one", "2026-11-26T18:10:11Z");
    const problems = [{ field: "corpus.sqlite", message: "has another checksum than the manifest says" }];
    const failure = await failureOf(published.put(directory, { ...check, problems, files: [] }, unending()));
    expect(failure).toMatchObject({ code: "invalid-request", problems });
    expect(store.objects.size).toBe(0);
  });

  it("are not named where their files did not all arrive", async () => {
    const { store, published } = await scene();
    const { directory, check } = await snapshotOf("one", "2026-11-26T18:10:11Z");
    await writeFile(join(directory, "manifest.json"), "changed since");
    expect(await failureOf(published.put(directory, check, unending()))).toMatchObject({ code: "vendor-rejected" });
    const [version = ""] = await published.versions(unending());
    expect(await failureOf(published.use(version, unending()))).toMatchObject({ code: "not-found" });
    expect(store.objects.has("latest.json")).toBe(false);
  });

  it("tell a version that is not there, with those that are, and a file that is missing or cut", async () => {
    const { store, published, put } = await scene();
    const version = await put("one", "2026-11-26T18:10:11Z");
    const nowhere = "20260101T000000Z-000000000000";
    expect(await failureOf(published.use(nowhere, unending()))).toMatchObject({
      code: "not-found",
      supported: [version],
    });
    const get = async (name: string) => failureOf(published.get(name, await temporaryFolder(), unending()));
    expect(await get(nowhere)).toMatchObject({ code: "not-found" });
    store.objects.set(`versions/${version}/corpus.sqlite`, Buffer.from("on"));
    expect(await get(version)).toMatchObject({ code: "vendor-reply-invalid" });
    store.objects.delete(`versions/${version}/corpus.sqlite`);
    expect(await get(version)).toMatchObject({ code: "not-found" });
  });

  it("are not believed where the pointer or a description is none", async () => {
    const { store, published, put } = await scene();
    const version = await put("one", "2026-11-26T18:10:11Z");
    for (const text of ["", "{", "[]", "null", '{"format":1,"version":"../../etc"}', '{"format":2,"version":"x"}']) {
      store.objects.set("latest.json", Buffer.from(text));
      expect(await failureOf(published.latest(undefined, unending()))).toMatchObject({ code: "vendor-reply-invalid" });
    }
    store.objects.set(`versions/${version}/version.json`, Buffer.from("{}"));
    expect(await failureOf(published.use(version, unending()))).toMatchObject({ code: "vendor-reply-invalid" });
  });

  it("fail as their store does", async () => {
    const { store, published } = await scene();
    store.failure = new ServiceError("vendor-auth", "No.");
    expect(await failureOf(published.latest(undefined, unending()))).toBe(store.failure);
  });
});

describe("what describes a version", () => {
  const described = fc.record({
    version: fc.constant("20261126T181011Z-921957631198"),
    createdAt: fc.constant("2026-11-26T18:10:11.000Z"),
    corpus: fc.string(),
    documents: fc.nat(),
    passages: fc.nat(),
    files: fc.uniqueArray(
      fc.record({
        name: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/u),
        bytes: fc.nat(),
        sha256: fc.stringMatching(/^[0-9a-f]{64}$/u),
      }),
      { selector: ({ name }) => name, maxLength: 5 },
    ),
  });

  it("is read as it was written", () => {
    fc.assert(
      fc.property(described, (version) => {
        expect(parseVersion(versionText(version))).toEqual(version);
      }),
    );
    expect(parsePointer(pointerText("20261126T181011Z-921957631198"))).toBe("20261126T181011Z-921957631198");
  });

  it("has no file that would lie outside of its directory, and none twice", () => {
    const write = (names: readonly string[]) =>
      versionText({
        version: "20261126T181011Z-921957631198",
        createdAt: "2026-11-26T18:10:11.000Z",
        corpus: "boats",
        documents: 1,
        passages: 1,
        files: names.map((name) => ({ name, bytes: 1, sha256: "0".repeat(64) })),
      });
    for (const name of ["", "..", ".", "../a", "a/b", "/etc/passwd", "a\\b", ".hidden", "a\0"])
      expect(parseVersion(write([name])), name).toBeUndefined();
    expect(parseVersion(write(["a", "a"]))).toBeUndefined();
    expect(parseVersion(write(["a", "b"]))).toBeDefined();
  });

  it("is read out of no other text, and no text makes it throw", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(parseVersion(text)).toBeUndefined();
        expect(parsePointer(text)).toBeUndefined();
      }),
    );
  });
});
