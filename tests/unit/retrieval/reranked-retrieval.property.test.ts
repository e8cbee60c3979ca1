import fc from "fast-check";
import { expect, it } from "vitest";
import { RerankedRetrieval } from "../../../application/reranked-retrieval.ts";
import { FakeReranker } from "../../support/fakes/fake-reranker.ts";
import { FakeRetrieval } from "../../support/fakes/fake-retrieval.ts";
import { passageOf } from "../../support/passages.ts";

const score = fc.double({ min: 0, max: 1, noNaN: true });

/** What an engine and a reranker think of each passage, and the settings that bring them together. */
const situation = fc.record({
  opinions: fc.array(fc.record({ engine: score, reranker: score }), { maxLength: 40 }),
  topK: fc.integer({ min: 1, max: 50 }),
  candidates: fc.integer({ min: 1, max: 50 }),
  maxBatch: fc.integer({ min: 1, max: 50 }),
});

it("ranks the engine's passages anew whatever the two think of them: none lost, none twice, none out of order", async () => {
  await fc.assert(
    fc.asyncProperty(situation, async ({ opinions, topK, candidates, maxBatch }) => {
      const passages = opinions.map(({ engine }, index) => passageOf(`${index}`, { id: `${index}`, score: engine }));
      const retrieval = new FakeRetrieval(passages);
      const scoreOf = (_: string, text: string) => opinions[Number(text)]?.reranker ?? 0;
      const reranked = new RerankedRetrieval(retrieval, new FakeReranker({ maxBatch, scoreOf }), { candidates });
      const ask = async (count: number) =>
        (await reranked.retrieve({ query: "q", topK: count }, new AbortController().signal)).passages;

      const found = await ask(topK);
      const byEngine = (await retrieval.retrieve({ query: "q", topK: 100 }, new AbortController().signal)).passages;
      const first = byEngine.slice(0, candidates).toSorted((one, other) => scoreOf("", other.id) - scoreOf("", one.id));
      const expected = [...first, ...byEngine.slice(candidates)].slice(0, topK);
      expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
      for (const [place, { score: given }] of found.entries()) {
        expect(given).toBeGreaterThanOrEqual(0);
        expect(given).toBeLessThanOrEqual(found[place - 1]?.score ?? 1);
      }
      expect(await ask(Math.ceil(topK / 2))).toEqual(found.slice(0, Math.ceil(topK / 2)));
    }),
    { numRuns: 300 },
  );
});
