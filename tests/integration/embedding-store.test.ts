import { execFile } from "node:child_process";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Log, LogFields } from "../../domain/log.ts";
import type { EmbeddingRequest } from "../../domain/ports/embedding-port.ts";
import { CachedEmbedding } from "../../infrastructure/embedding-cache/cached-embedding.ts";
import { EmbeddingStore, type StorePatience } from "../../infrastructure/embedding-cache/embedding-store.ts";
import { FakeEmbedding } from "../support/fakes/fake-embedding.ts";
import { OWN_RUNTIME, RUNTIMES } from "../support/service-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const never = new AbortController().signal;
const documents = (...texts: string[]): EmbeddingRequest => ({ texts, purpose: "document" });
const queries = (...texts: string[]): EmbeddingRequest => ({ texts, purpose: "query" });

interface Given {
  readonly file?: string;
  readonly maxBytes?: number;
  readonly dimensions?: number;
  readonly patience?: StorePatience;
}

/** An embedder behind a cache over a real file; `embedded` are the texts that it was asked for. */
async function open({ file, maxBytes = 100_000_000, dimensions = 64, patience }: Given = {}) {
  const path = file ?? join(await temporaryFolder(), "embeddings.sqlite");
  const warnings: LogFields[] = [];
  const log: Log = { info() {}, warn: (fields) => warnings.push(fields), error() {} };
  const store = new EmbeddingStore({ file: path, maxBytes }, log, patience);
  const inner = new FakeEmbedding({ dimensions, maxBatch: 1_024 });
  const port = new CachedEmbedding(inner, store);
  onTestFinished(() => store.close());
  return { file: path, store, port, inner, warnings, embedded: () => inner.requests.flatMap(({ texts }) => texts) };
}

describe("the cache of embeddings", () => {
  it("embeds a passage once for all processes that share the file, and for all that come later", async () => {
    const first = await open();
    const fresh = await first.port.embed(documents("a lighthouse", "a harbour"), never);
    const beside = await open({ file: first.file });
    // What is asked for after it was put is found, since the thread answers in order; others see it once it is written.
    expect(await first.port.embed(documents("a harbour", "a lighthouse"), never)).toEqual(fresh.toReversed());
    expect(await beside.port.embed(documents("a lighthouse", "fog", "a harbour"), never)).toHaveLength(3);
    expect([first.embedded(), beside.embedded()]).toEqual([["a lighthouse", "a harbour"], ["fog"]]);
    await Promise.all([first.store.close(), beside.store.close()]);
    const later = await open({ file: first.file });
    expect((await later.port.embed(documents("a lighthouse", "a harbour", "fog"), never)).slice(0, 2)).toEqual(fresh);
    expect(later.embedded()).toEqual([]);
  });

  it("embeds a text that comes twice in a batch once", async () => {
    const { port, embedded } = await open();
    const vectors = await port.embed(documents("a", "b", "a"), never);
    expect(vectors[2]).toEqual(vectors[0]);
    expect(embedded()).toEqual(["a", "b"]);
  });

  it("keeps embedders apart by their names, and documents from queries", async () => {
    const small = await open();
    const large = await open({ file: small.file, dimensions: 128 });
    await small.port.embed(documents("a"), never);
    await small.port.embed(queries("a"), never);
    const [vector] = await large.port.embed(documents("a"), never);
    expect(vector).toHaveLength(128);
    expect(small.inner.requests.map(({ purpose }) => purpose)).toEqual(["document", "query"]);
    expect(large.embedded()).toEqual(["a"]);
  });

  it("keeps the last queries in memory, and none on disk", async () => {
    const first = await open();
    await first.port.embed(queries("a", "b"), never);
    await first.port.embed(queries("b", "c"), never);
    expect(first.embedded()).toEqual(["a", "b", "c"]);
    await first.store.close();
    const later = await open({ file: first.file });
    await later.port.embed(queries("a"), never);
    expect(later.embedded()).toEqual(["a"]);
  });

  it("gives vectors that a caller may change", async () => {
    const { port } = await open();
    for (const request of [queries("a"), documents("a")]) {
      const [first] = await port.embed(request, never);
      const before = first?.slice();
      first?.fill(7);
      expect((await port.embed(request, never))[0]).toEqual(before);
    }
  });

  it("stays within its bytes, and lets those go that were used longest ago", async () => {
    const maxBytes = 2_000_000;
    const { port, inner, file, store } = await open({ maxBytes, dimensions: 512 });
    const batch = (from: number) => Array.from({ length: 250 }, (_, index) => `text ${from + index}`);
    for (let from = 0; from < 3_000; from += 250) await port.embed(documents(...batch(from)), never);
    await port.embed(documents(...batch(2_750)), never);
    expect(inner.requests).toHaveLength(12);
    await port.embed(documents(...batch(0)), never);
    expect(inner.requests).toHaveLength(13);
    await store.close();
    expect((await stat(file)).size).toBeLessThanOrEqual(maxBytes * 1.3);
    const smaller = await open({ file, maxBytes: 500_000, dimensions: 512 });
    await smaller.port.embed(documents("text 0"), never);
    await smaller.store.close();
    expect((await stat(file)).size).toBeLessThanOrEqual(600_000);
  });

  it("begins a file anew that is no database, or is of another format", async () => {
    const folder = await temporaryFolder();
    const broken = join(folder, "broken.sqlite");
    await writeFile(broken, "no database at all ".repeat(1_000));
    const foreign = join(folder, "foreign.sqlite");
    const database = new DatabaseSync(foreign);
    database.exec("PRAGMA user_version = 99");
    database.close();
    for (const file of [broken, foreign]) {
      const { port, warnings, embedded } = await open({ file });
      await port.embed(documents("a"), never);
      await port.embed(documents("a"), never);
      expect([embedded(), warnings]).toEqual([["a"], []]);
    }
  });

  it("embeds a passage again whose vector was damaged, and keeps that", async () => {
    const first = await open();
    const fresh = await first.port.embed(documents("a", "b"), never);
    await first.store.close();
    const database = new DatabaseSync(first.file);
    const damage = database.prepare("UPDATE vectors SET vector = ? WHERE rowid = ?");
    damage.run(new Uint8Array(64 * 4).fill(0x40), 1);
    damage.run(new Uint8Array(12), 2);
    database.close();
    const later = await open({ file: first.file });
    for (let time = 0; time < 2; time++) expect(await later.port.embed(documents("a", "b"), never)).toEqual(fresh);
    expect(later.embedded()).toEqual(["a", "b"]);
  });

  it("embeds without it, and says so once, where the file cannot be there", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "a-file"), "");
    const { port, warnings, embedded } = await open({ file: join(folder, "a-file", "embeddings.sqlite") });
    for (const text of ["a", "b", "a"]) expect(await port.embed(documents(text), never)).toHaveLength(1);
    expect(embedded()).toEqual(["a", "b", "a"]);
    expect(warnings).toMatchObject([{ reason: expect.stringContaining("a-file") }]);
  });

  it("embeds without it while another process holds the file, and uses it again after a rest", async () => {
    const patience = { openingMs: 10_000, lookMs: 10_000, restMs: 0 };
    const { file, port, warnings, embedded } = await open({ patience });
    await port.embed(documents("a"), never);
    expect(await port.embed(documents("a"), never)).toHaveLength(1);
    const other = new DatabaseSync(file);
    other.prepare("BEGIN IMMEDIATE").run();
    // It is read all the same, but nothing can be written.
    expect(await port.embed(documents("a", "b"), never)).toHaveLength(2);
    await port.embed(documents("c"), never);
    expect(warnings.length).toBeGreaterThan(0);
    other.prepare("COMMIT").run();
    other.close();
    const before = embedded().length;
    await port.embed(documents("d"), never);
    await port.embed(documents("d", "a"), never);
    expect(embedded().slice(before)).toEqual(["d"]);
  });

  it("goes on without it where its file is a folder, a caller's abort heard meanwhile", async () => {
    const file = join(await temporaryFolder(), "embeddings.sqlite");
    await mkdir(file);
    const { port, warnings } = await open({ file });
    expect(await port.embed(documents("a"), never)).toHaveLength(1);
    expect(warnings).toHaveLength(1);
    await expect(port.embed(documents("a"), AbortSignal.abort())).rejects.toMatchObject({ code: "cancelled" });
  });

  it.each([OWN_RUNTIME])("embeds without it on %s where no more can be written", async (runtime) => {
    const file = join(await temporaryFolder(), "embeddings.sqlite");
    const filler = fileURLToPath(new URL("../support/embedding-cache-filler.ts", import.meta.url));
    // No file may grow past 2 MB: what writes more fails, as on a full disk.
    const limited = "trap '' XFSZ; ulimit -f 4000; exec \"$@\"";
    const { stdout } = await promisify(execFile)("sh", ["-c", limited, "sh", ...RUNTIMES[runtime], filler, file]);
    expect(JSON.parse(stdout)).toEqual({ vectors: 2_000, warnings: [expect.objectContaining({ file })] });
    const later = await open({ file, dimensions: 1_024 });
    expect(await later.port.embed(documents("text 0 0", "text 19 99"), never)).toHaveLength(2);
  });

  it("holds no text", async () => {
    const { file, port, store } = await open();
    await port.embed(documents("a secret of somebody's"), never);
    await store.close();
    expect((await readFile(file)).includes("secret")).toBe(false);
  });
});
