import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import { describe, expect, it, onTestFinished } from "vitest";
import { LsaEmbedding } from "../../../adapters/outbound/lsa/embedding.ts";
import { startWorker } from "../../../adapters/outbound/lsa/start-worker.ts";
import { ServiceError } from "../../../domain/errors.ts";

const TEXTS = ["a lighthouse on the island", "ships in the harbour", "fog over the harbour", "灯台は島に立っている"];
const QUERY = { texts: ["harbour"], purpose: "query" } as const;

const unending = (): AbortSignal => new AbortController().signal;

/** An embedder whose threads the test can reach, and their ends. */
function embedder(dimensions = 256): { lsa: LsaEmbedding; threads: Worker[]; ends: Promise<unknown>[] } {
  const threads: Worker[] = [];
  const ends: Promise<unknown>[] = [];
  const lsa = new LsaEmbedding({ dimensions }, () => {
    const thread = startWorker();
    threads.push(thread);
    ends.push(once(thread, "exit"));
    return thread;
  });
  onTestFinished(() => lsa.close());
  return { lsa, threads, ends };
}

async function failureOf(work: Promise<unknown>): Promise<ServiceError> {
  const outcome = await work.then(
    () => "an answer",
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(ServiceError);
  return outcome as ServiceError;
}

describe("LsaEmbedding", () => {
  it("learns a model, opens it and embeds into its space", async () => {
    const { lsa } = embedder();
    const space = await lsa.open(await lsa.fit(TEXTS, unending()), unending());
    expect(space.dimensions).toBe(4);
    expect(space.name).toBe(lsa.name);
    const [query, ...documents] = await space.embed({ texts: ["harbour", ...TEXTS], purpose: "document" }, unending());
    const scores = documents.map((vector) =>
      vector.reduce((sum, value, index) => sum + value * (query?.[index] ?? 0), 0),
    );
    expect(scores.indexOf(Math.max(...scores))).toBe(1);
  });

  it("names what changes its vectors: method, dimensions and analyzer", () => {
    expect(embedder(64).lsa.name).toMatch(/^lsa-64-analyzer-\d+$/u);
  });

  it("learns the same model from the same sample, however the sample is cut on its way", async () => {
    const { lsa } = embedder(8);
    const sample = Array.from({ length: 600 }, (_, index) => `text ${index % 7} of ${index % 11} and ${index}`);
    expect(await lsa.fit(sample, unending())).toEqual(await lsa.fit(sample, unending()));
  });

  it("refuses an empty sample and one that is too large", async () => {
    const { lsa, threads } = embedder();
    for (const sample of [[], Array.from({ length: lsa.maxSample + 1 }, () => "x")]) {
      const error = await failureOf(lsa.fit(sample, unending()));
      expect(error).toMatchObject({ code: "invalid-request", problems: [{ field: "sample" }] });
    }
    expect(threads).toEqual([]);
  });

  it("ends the thread that learns, after the model and when the signal aborts", async () => {
    const { lsa, ends } = embedder();
    await lsa.fit(TEXTS, unending());
    const controller = new AbortController();
    const failure = failureOf(lsa.fit(TEXTS, controller.signal));
    controller.abort();
    expect((await failure).code).toBe("cancelled");
    expect(await Promise.all(ends)).toHaveLength(2);
  });

  it("says so where the thread that learns dies", async () => {
    const { lsa, threads } = embedder();
    const failure = failureOf(lsa.fit(TEXTS, unending()));
    await threads[0]?.terminate();
    expect(await failure).toMatchObject({ code: "vendor-unavailable", retryable: true });
  });

  it("stops learning when it is closed, and learns and opens nothing afterwards", async () => {
    const { lsa } = embedder();
    const model = await lsa.fit(TEXTS, unending());
    const failure = failureOf(lsa.fit(TEXTS, unending()));
    await lsa.close();
    expect((await failure).code).toBe("shutting-down");
    expect((await failureOf(lsa.fit(TEXTS, unending()))).code).toBe("shutting-down");
    expect((await failureOf(lsa.open(model, unending()))).code).toBe("shutting-down");
  });

  it("refuses bytes that are no model, and keeps no thread for them", async () => {
    const { lsa, ends } = embedder();
    expect((await failureOf(lsa.open(new Uint8Array(100), unending()))).code).toBe("storage-failed");
    expect(await Promise.all(ends)).toHaveLength(1);
  });

  it("keeps no thread where opening is cancelled", async () => {
    const { lsa, ends } = embedder();
    const model = await lsa.fit(TEXTS, unending());
    const controller = new AbortController();
    const failure = failureOf(lsa.open(model, controller.signal));
    controller.abort();
    expect((await failure).code).toBe("cancelled");
    expect(await Promise.all(ends)).toHaveLength(2);
  });

  it("replaces a thread that died between two batches", async () => {
    const { lsa, threads } = embedder();
    const space = await lsa.open(await lsa.fit(TEXTS, unending()), unending());
    const before = await space.embed(QUERY, unending());
    await threads[1]?.terminate();
    expect(await space.embed(QUERY, unending())).toEqual(before);
    expect(threads).toHaveLength(3);
  });

  it("does a batch once more that its thread died at, and gives up at the second death", async () => {
    const { lsa, threads } = embedder();
    const space = await lsa.open(await lsa.fit(TEXTS, unending()), unending());
    const first = space.embed(QUERY, unending());
    await threads[1]?.terminate();
    expect(await first).toHaveLength(1);
    const started = threads.length;
    // Seconds of work, of which no thread sees the end.
    const long = Array.from({ length: 64 }, () => "keeper of the lamp ".repeat(4_000));
    const second = failureOf(space.embed({ texts: long, purpose: "document" }, unending()));
    await threads.at(-1)?.terminate();
    // The thread that replaces it is ended before it can read the model.
    expect(threads).toHaveLength(started + 1);
    await threads.at(-1)?.terminate();
    expect(await second).toMatchObject({ code: "vendor-unavailable", retryable: true });
    expect(await space.embed(QUERY, unending())).toHaveLength(1);
  });

  it("embeds a query before the documents that wait", async () => {
    const { lsa } = embedder();
    const space = await lsa.open(await lsa.fit(TEXTS, unending()), unending());
    const order: string[] = [];
    const embed = async (purpose: "query" | "document", name: string) => {
      await space.embed({ texts: TEXTS, purpose }, unending());
      order.push(name);
    };
    await Promise.all([embed("document", "first"), embed("document", "second"), embed("query", "query")]);
    expect(order).toEqual(["first", "query", "second"]);
  });

  it("refuses what would wait beyond its bound, and does the rest", async () => {
    const { lsa } = embedder();
    const space = await lsa.open(await lsa.fit(TEXTS, unending()), unending());
    const outcomes = await Promise.allSettled(Array.from({ length: 1_100 }, () => space.embed(QUERY, unending())));
    const refused = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(refused).toHaveLength(1_100 - 1_025);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: "overloaded", retryable: true });
  });

  it("gives up a batch that is cancelled while it waits, and leaves the others their turn", async () => {
    const { lsa } = embedder();
    const space = await lsa.open(await lsa.fit(TEXTS, unending()), unending());
    const controller = new AbortController();
    const running = space.embed(QUERY, unending());
    const cancelled = failureOf(space.embed(QUERY, controller.signal));
    const last = space.embed(QUERY, unending());
    controller.abort();
    expect((await cancelled).code).toBe("cancelled");
    expect(await running).toEqual(await last);
  });

  it("fails what is under way with shutting-down when it is closed, and ends its threads", async () => {
    const { lsa, ends } = embedder();
    const space = await lsa.open(await lsa.fit(TEXTS, unending()), unending());
    const failures = [QUERY, QUERY].map((request) => failureOf(space.embed(request, unending())));
    await lsa.close();
    for (const failure of failures) expect((await failure).code).toBe("shutting-down");
    expect((await failureOf(space.embed(QUERY, unending()))).code).toBe("shutting-down");
    expect(await Promise.all(ends)).toHaveLength(2);
  });
});
