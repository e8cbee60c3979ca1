import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { PublishedSnapshots } from "../../../application/published-snapshots.ts";
import { abortError, ServiceError } from "../../../domain/errors.ts";
import type { SnapshotPort } from "../../../domain/ports/snapshot-port.ts";
import { FollowedSearch } from "../../../infrastructure/snapshots/followed-search.ts";
import { InstalledVersion } from "../../../infrastructure/snapshots/installed-version.ts";
import { type LookOutcome, SnapshotFollower } from "../../../infrastructure/snapshots/snapshot-follower.ts";
import { unending } from "../../contract/corpus-contract-context.ts";
import { fileOf } from "../../contract/object-store-contract.ts";
import { FakeObjectStore } from "../../support/fakes/fake-object-store.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const EVERY_MS = 5;

/** A follower over a store in memory, whose corpus is the text that was restored last. */
async function scene(directory?: string) {
  const folder = directory ?? (await temporaryFolder());
  const store = new FakeObjectStore();
  const published = new PublishedSnapshots(store);
  const search = new FollowedSearch("boats");
  const outcomes: LookOutcome[] = [];
  const lines: { readonly level: string; readonly message: string }[] = [];
  const corpus = { text: "", failure: undefined as Error | undefined, restores: 0, alone: 0 };
  let looks: (() => void)[] = [];
  const snapshots: SnapshotPort = {
    create: () => Promise.reject(new Error("Nobody makes one.")),
    async restore(from, signal) {
      corpus.restores += 1;
      if (signal.aborted) throw abortError(signal);
      if (corpus.failure !== undefined) throw corpus.failure;
      corpus.text = await readFile(join(from, "corpus.sqlite"), "utf8");
      return {} as never;
    },
  };
  const say = (level: string) => (_: unknown, message: string) => void lines.push({ level, message });
  const follower = new SnapshotFollower({
    search,
    published,
    snapshots,
    installed: new InstalledVersion(folder, store.url),
    everyMs: EVERY_MS,
    log: { info: say("info"), warn: say("warn"), error: say("error") },
    async fillAlone() {
      corpus.alone += 1;
    },
    looked(outcome) {
      outcomes.push(outcome);
      const waiting = looks;
      looks = [];
      for (const tell of waiting) tell();
    },
  });
  onTestFinished(() => follower.close());
  /** Resolves after a look with that outcome, at the latest the next ones. */
  const look = async (outcome: LookOutcome) => {
    for (;;) {
      await new Promise<void>((resolve) => looks.push(resolve));
      if (outcomes.at(-1) === outcome) return;
    }
  };
  const publish = async (text: string) => {
    const { path, ...file } = await fileOf(Buffer.from(text));
    const manifest = await fileOf(Buffer.from(`of ${text}`));
    const from = await temporaryFolder();
    await writeFile(join(from, "corpus.sqlite"), text);
    await writeFile(join(from, "manifest.json"), `of ${text}`);
    const files = [
      { name: "corpus.sqlite", ...file },
      { name: "manifest.json", bytes: manifest.bytes, sha256: manifest.sha256 },
    ];
    const counts = { generation: 1, analyzer: 2, documents: 3, passages: 4, vectors: 4, bytes: 10 };
    const snapshot = { createdAt: "2026-11-26T18:10:11Z", corpus: "boats", ...counts };
    const version = await published.put(from, { snapshot, problems: [], files }, unending());
    await published.use(version, unending());
    return version;
  };
  return { folder, store, search, follower, corpus, outcomes, lines, look, publish };
}

describe("a follower of published snapshots", () => {
  it("has the corpus filled otherwise, once, where nothing is published, and serves what is published later", async () => {
    const { search, follower, corpus, look, publish } = await scene();
    expect(search.isWaiting).toBe(true);
    await follower.start(false);
    await look("none");
    await look("none");
    expect(search).toMatchObject({ isWaiting: false, status: {} });
    expect(corpus.alone).toBe(1);
    const version = await publish("alpha");
    await look("installed");
    await look("unchanged");
    expect(search.status).toEqual({ version });
    expect(corpus).toMatchObject({ text: "alpha", restores: 1 });
  });

  it("leaves nothing of what it fetched on the disk", async () => {
    const { folder, follower, look, publish, corpus } = await scene();
    await publish("alpha");
    corpus.failure = new ServiceError("storage-failed", "The disk is full.");
    await follower.start(false);
    await look("storage-failed");
    corpus.failure = undefined;
    await look("installed");
    await look("unchanged");
    expect(existsSync(join(folder, "fetched"))).toBe(false);
  });

  it("serves what an earlier start has installed before it knows what is published, if it is still there", async () => {
    const first = await scene();
    const version = await first.publish("alpha");
    await first.follower.start(false);
    await first.look("installed");
    await first.follower.close();

    const second = await scene(first.folder);
    second.store.failure = new ServiceError("vendor-auth", "No.");
    await second.follower.start(true);
    expect(second.search).toMatchObject({ isWaiting: false, status: { version } });
    await second.look("vendor-auth");
    expect(second.search).toMatchObject({ isWaiting: false, status: { version, problem: "vendor-auth" } });

    const third = await scene(first.folder);
    third.store.failure = second.store.failure;
    await third.follower.start(false);
    await third.look("vendor-auth");
    expect(third.search).toMatchObject({ isWaiting: true, status: { problem: "vendor-auth" } });
  });

  it("tells a failure once, and that it is over", async () => {
    const { store, search, follower, lines, look, publish } = await scene();
    const version = await publish("alpha");
    await follower.start(false);
    await look("installed");
    store.failure = new ServiceError("vendor-unavailable", "Not now.", { retryable: true });
    for (let looks = 0; looks < 3; looks++) await look("vendor-unavailable");
    expect(search.status).toEqual({ version, problem: "vendor-unavailable" });
    store.failure = undefined;
    await look("unchanged");
    await look("unchanged");
    expect(search.status).toEqual({ version });
    expect(lines.map(({ level }) => level)).toEqual(["info", "error", "info"]);
  });

  it("does not fetch again what cannot be served, says so until another is published, and keeps what it has", async () => {
    const { search, follower, corpus, look, publish } = await scene();
    const version = await publish("alpha");
    await follower.start(false);
    await look("installed");
    corpus.failure = new ServiceError("embedder-mismatch", "Another embedder.");
    await publish("bravo");
    await look("embedder-mismatch");
    const { restores } = corpus;
    await look("unchanged");
    await look("unchanged");
    expect(corpus).toMatchObject({ restores, text: "alpha" });
    expect(search.status).toEqual({ version, problem: "embedder-mismatch" });
    corpus.failure = undefined;
    const next = await publish("charlie");
    await look("installed");
    await look("unchanged");
    expect(search.status).toEqual({ version: next });
  });

  it("goes on where the pointer is gone, or names what is not there", async () => {
    const { store, search, follower, corpus, look, publish } = await scene();
    const version = await publish("alpha");
    await follower.start(false);
    await look("installed");
    store.objects.delete("latest.json");
    await look("none");
    await look("none");
    expect(search.status).toEqual({ version });
    store.objects.set("latest.json", Buffer.from('{"format":1,"version":"20260101T000000Z-000000000000"}'));
    await look("not-found");
    await look("not-found");
    expect(search.status).toEqual({ version, problem: "not-found" });
    expect(corpus).toMatchObject({ alone: 0, text: "alpha" });
  });

  it("ends in the midst of a look when it is closed, and looks no more", async () => {
    const { store, search, follower, outcomes, publish } = await scene();
    await publish("alpha");
    const reached = Promise.withResolvers<void>();
    store.getFile = (_key, _file, signal) => {
      reached.resolve();
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(abortError(signal))));
    };
    await follower.start(false);
    await reached.promise;
    await follower.close();
    expect(outcomes).toEqual([]);
    expect(search.isWaiting).toBe(true);
  });
});
