import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import type { SourceDocument } from "../../domain/document.ts";
import { type Filter, matchesFilter } from "../../domain/filter.ts";
import { unending } from "../contract/corpus-contract-context.ts";
import { inOneChunk } from "../support/chunked.ts";
import { type OpenFaiss, openFaiss } from "../support/faiss.ts";
import { FakeEmbedding, wordVector } from "../support/fakes/fake-embedding.ts";
import { filter, metadata } from "../support/filters.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { innerProduct } from "../support/vectors.ts";

const DIMENSIONS = 64;
const IDS = 260;
const WORDS = ["anchor", "buoy", "crane", "dock", "eddy", "ferry", "gull", "hull"] as const;

type Documents = Map<string, SourceDocument>;

const words = fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 4 });
const document: fc.Arbitrary<SourceDocument> = fc
  .record({ number: fc.nat(IDS - 1), said: words, metadata })
  .map(({ number, said, metadata: fields }) => ({
    id: `${number}`,
    text: `harbour ${said.join(" ")}`,
    metadata: fields,
  }));

/** What changes the corpus; many documents come, so that it grows past HNSW's threshold, and many go, so that tombstones gather. */
const change = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      put: fc.uniqueArray(document, { minLength: 20, maxLength: 100, selector: ({ id }) => id }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ remove: fc.array(fc.nat(IDS - 1).map(String), { minLength: 1, maxLength: 40 }) }),
  },
  { weight: 1, arbitrary: fc.record({ removeMatching: filter }) },
);

for (const [kind, flatBelow] of [
  ["flat", 10_000],
  ["HNSW", 50],
] as const) {
  describe(`Filters over a ${kind} index that changes`, () => {
    it("give, after each change, exactly what a scan of the documents gives", async () => {
      const documents: Documents = new Map();
      const opened = openFaiss({
        directory: await temporaryFolder(),
        embedder: new FakeEmbedding({ dimensions: DIMENSIONS }),
        options: { mode: "dense", flat_below: flatBelow },
      });
      onTestFinished(() => opened.close());
      const searches = fc.array(fc.tuple(filter, words, fc.integer({ min: 1, max: 100 })), {
        minLength: 4,
        maxLength: 4,
      });
      const property = fc.asyncProperty(change, searches, async (next, asked) => {
        await make(opened, documents, next);
        for (const [chosen, said, topK] of asked) await expectExact(opened, documents, chosen, said.join(" "), topK);
      });
      // One corpus for all runs, so a failure cannot be shrunk.
      await fc.assert(property, { numRuns: 50, endOnFailure: true });
      expect(await opened.corpus.describe(unending())).toMatchObject({ documents: documents.size });
    });
  });
}

type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never;

async function make({ corpus }: OpenFaiss, documents: Documents, next: Change): Promise<void> {
  if ("put" in next) {
    await corpus.put(next.put.map(inOneChunk), unending());
    for (const put of next.put) documents.set(put.id, put);
  } else if ("remove" in next) {
    const there = new Set(next.remove.filter((id) => documents.delete(id)));
    expect(await corpus.remove(next.remove, unending())).toBe(there.size);
  } else {
    const { removeMatching: chosen } = next;
    const going = [...documents.values()].filter((held) => matchesFilter(chosen, held.metadata ?? {}));
    expect(await corpus.removeMatching(chosen, unending())).toBe(going.length);
    for (const { id } of going) documents.delete(id);
  }
}

async function expectExact(
  { retrieval }: OpenFaiss,
  documents: Documents,
  chosen: Filter,
  query: string,
  topK: number,
) {
  const { passages } = await retrieval.retrieve({ query, topK, filter: chosen }, unending());
  const vector = wordVector(query, DIMENSIONS);
  const expected = [...documents.values()]
    .filter((held) => matchesFilter(chosen, held.metadata ?? {}))
    .map(({ text }) => innerProduct(vector, wordVector(text, DIMENSIONS)))
    .toSorted((one, other) => other - one)
    .slice(0, topK);
  expect(passages.map(({ score }) => Math.round(score * 1e4))).toEqual(
    expected.map((score) => Math.round(score * 1e4)),
  );
  for (const { documentId, text, metadata: fields } of passages) {
    expect(documents.get(documentId)).toMatchObject({ text, ...(fields === undefined ? {} : { metadata: fields }) });
    expect(matchesFilter(chosen, documents.get(documentId)?.metadata ?? {})).toBe(true);
  }
}
