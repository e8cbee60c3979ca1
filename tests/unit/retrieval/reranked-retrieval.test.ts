import { describe, expect, it } from "vitest";
import { RerankedRetrieval } from "../../../application/reranked-retrieval.ts";
import { ServiceError } from "../../../domain/errors.ts";
import type { Passage } from "../../../domain/passage.ts";
import { FakeReranker } from "../../support/fakes/fake-reranker.ts";
import { FakeRetrieval } from "../../support/fakes/fake-retrieval.ts";
import { passageOf } from "../../support/passages.ts";

/** Nine passages, whose engine likes those of low number; the reranker likes those of high number. */
const PASSAGES = Array.from({ length: 9 }, (_, index) =>
  passageOf(`passage ${index}`, { id: `p${index}`, score: 1 - index / 10 }),
);
const byNumber = (_: string, text: string) => Number(/\d/u.exec(text)?.[0] ?? 0) / 10;

function opened({ candidates = 5, maxBatch = 100, maxCharacters = 4_000, passages = PASSAGES } = {}) {
  const retrieval = new FakeRetrieval(passages);
  const reranker = new FakeReranker({ maxBatch, maxCharacters, scoreOf: byNumber });
  const port = new RerankedRetrieval(retrieval, reranker, { candidates });
  return { retrieval, reranker, port, ids: async (topK: number) => idsOf((await search(port, topK)).passages) };
}

describe("a search with a reranker", () => {
  it("gives the best of the candidates by the reranker's scores", async () => {
    const { port, retrieval, reranker } = opened();
    const { passages } = await search(port, 2);
    expect(passages.map(({ id, score }) => [id, score])).toEqual([
      ["p4", 0.4],
      ["p3", 0.3],
    ]);
    expect(retrieval.requests.map(({ topK }) => topK)).toEqual([5]);
    expect(reranker.requests.map(({ texts, topN }) => [texts.length, topN])).toEqual([[5, 2]]);
  });

  it("lets the passages beyond the candidates follow in the engine's order, scored no higher than the last one", async () => {
    const { port, reranker } = opened();
    const { passages } = await search(port, 8);
    expect(idsOf(passages)).toEqual(["p4", "p3", "p2", "p1", "p0", "p5", "p6", "p7"]);
    expect(passages.map(({ score }) => score)).toEqual([0.4, 0.3, 0.2, 0.1, 0, 0, 0, 0]);
    expect(reranker.requests[0]?.texts).toHaveLength(5);
  });

  it("lets the reranker read title, section and text as they are embedded, and leaves the passage as it is", async () => {
    const text = "## Tides\nHigh at noon 7.";
    const fields: Partial<Passage> = {
      title: "The harbour",
      location: { section: ["The harbour", "Water", "Tides"] },
      metadata: { lang: "en" },
      confidence: "high",
    };
    const { port, reranker } = opened({ passages: [passageOf(text, fields)] });
    const { passages } = await search(port, 3);
    expect(reranker.requests[0]?.texts).toEqual([`The harbour\nWater\n${text}`]);
    expect(passages).toEqual([{ ...passageOf(text, fields), score: 0.7 }]);
  });

  it("asks the engine on the same principal's behalf with the same filter, and hands on what it says", async () => {
    const { port, retrieval } = opened();
    const principal = { userId: "ada", groups: ["captains"] };
    const filter = { op: "not", filter: { op: "exists", field: "draft", value: true } } as const;
    retrieval.warnings = ["The query was cut."];
    retrieval.embedMs = 7;
    const found = await port.retrieve({ query: "q", topK: 3, filter, principal }, unending());
    expect(found).toMatchObject({ embedMs: 7, warnings: ["The query was cut."] });
    expect(retrieval.requests).toEqual([{ query: "q", topK: 5, filter, principal }]);
  });

  it("does not ask the reranker where nothing was found", async () => {
    const { port, reranker } = opened({ passages: [] });
    expect((await search(port, 3)).passages).toEqual([]);
    expect(reranker.requests).toEqual([]);
  });

  it("divides the candidates where the reranker takes fewer at once, and ranks them as one", async () => {
    const { ids, reranker } = opened({ candidates: 9, maxBatch: 4 });
    expect(await ids(3)).toEqual(["p8", "p7", "p6"]);
    expect(reranker.requests.map(({ texts, topN }) => [texts.length, topN])).toEqual([
      [4, 3],
      [4, 3],
      [1, 1],
    ]);
  });

  it("cuts what is longer than the reranker reads, between characters, and says so", async () => {
    const { port, reranker } = opened({ maxCharacters: 8, passages: [passageOf("short 1"), passageOf("longer 🚢 2")] });
    const { passages, warnings } = await port.retrieve({ query: "q".repeat(9), topK: 2 }, unending());
    expect(reranker.requests[0]).toMatchObject({ query: "q".repeat(8), texts: ["short 1", "longer "] });
    expect(idsOf(passages)).toHaveLength(2);
    expect(warnings).toEqual([expect.stringContaining("reads 8 characters")]);
  });

  it("closes the engine, and leaves the reranker to those who share it", async () => {
    const { port, retrieval, reranker } = opened();
    await port.close();
    expect([retrieval.closed, reranker.closed]).toEqual([true, false]);
  });
});

describe("a search whose reranker fails", () => {
  for (const code of ["rate-limited", "vendor-unavailable", "vendor-reply-invalid", "timeout"] as const) {
    it(`keeps the engine's order and scores where that is \`${code}\`, with a warning`, async () => {
      const { port, reranker, retrieval, ids } = opened();
      retrieval.warnings = ["The query was cut."];
      reranker.failNext(new ServiceError(code, "The script says so."));
      const { passages, warnings } = await search(port, 6);
      expect(passages).toEqual(PASSAGES.slice(0, 6));
      expect(warnings).toEqual(["The query was cut.", expect.stringContaining(`The reranker failed (${code})`)]);
      expect(await ids(2)).toEqual(["p4", "p3"]);
    });
  }

  for (const code of ["vendor-auth", "vendor-rejected", "invalid-request", "cancelled", "shutting-down"] as const) {
    it(`fails with it where that is \`${code}\``, async () => {
      const { port, reranker } = opened();
      reranker.failNext(new ServiceError(code, "The script says so."));
      await expect(search(port, 2)).rejects.toMatchObject({ code });
    });
  }

  it("does not hide a bug", async () => {
    const { port, reranker } = opened();
    reranker.failNext(new TypeError("a bug"));
    await expect(search(port, 2)).rejects.toThrow(new TypeError("a bug"));
  });

  it("fails with what its own signal says, even where the reranker fails of something else at once", async () => {
    const { retrieval } = opened();
    const controller = new AbortController();
    const reranker = new FakeReranker();
    const failing = Object.assign(reranker, {
      rerank: () => {
        controller.abort(new DOMException("The operation timed out.", "TimeoutError"));
        return Promise.reject(new ServiceError("rate-limited", "The script says so."));
      },
    });
    const port = new RerankedRetrieval(retrieval, failing, { candidates: 5 });
    const outcome = port.retrieve({ query: "q", topK: 2 }, controller.signal);
    await expect(outcome).rejects.toMatchObject({ code: "timeout" });
  });

  it("keeps the engine's order where one of several batches fails", async () => {
    const { ids, reranker } = opened({ candidates: 9, maxBatch: 4 });
    const held = reranker.hold();
    const found = ids(3);
    await held.reached;
    reranker.failNext(new ServiceError("rate-limited", "The script says so."));
    held.release();
    expect(await found).toEqual(["p0", "p1", "p2"]);
  });
});

function search(port: RerankedRetrieval, topK: number) {
  return port.retrieve({ query: "number", topK }, unending());
}

function idsOf(passages: readonly Passage[]): readonly string[] {
  return passages.map(({ id }) => id);
}

function unending(): AbortSignal {
  return new AbortController().signal;
}
