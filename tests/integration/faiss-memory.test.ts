import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import type { SourceDocument } from "../../domain/document.ts";
import type { Filter } from "../../domain/filter.ts";
import type { EmbeddingPort, LearnedEmbeddingPort } from "../../domain/ports/embedding-port.ts";
import { unending } from "../contract/corpus-contract-context.ts";
import { chunked } from "../support/chunked.ts";
import { type OpenFaiss, openFaiss } from "../support/faiss.ts";
import { FakeEmbedding } from "../support/fakes/fake-embedding.ts";
import { FakeLearnedEmbedding } from "../support/fakes/fake-learned-embedding.ts";
import { filter, metadata } from "../support/filters.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const WORDS = ["anchor", "buoy", "crane", "dock", "eddy", "ferry", "gull", "hull"] as const;
const IDS = 12;
const PRINCIPALS = [undefined, { userId: "ada", groups: [] }, { userId: "bob", groups: ["crew"] }] as const;

const words = fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 5 }).map((said) => said.join(" "));
const readers = fc.record({
  users: fc.subarray(["ada", "bob"]),
  groups: fc.subarray(["crew"]),
});
const document: fc.Arbitrary<SourceDocument> = fc.record(
  {
    id: fc.nat(IDS - 1).map(String),
    text: fc.array(words, { minLength: 1, maxLength: 4 }).map((paragraphs) => paragraphs.join("\n\n")),
    title: fc.constantFrom(...WORDS),
    metadata,
    readers,
  },
  { requiredKeys: ["id", "text"] },
);

/** What one of two processes over the corpus does. */
const change = fc.record({
  byTheOther: fc.boolean(),
  puts: fc.array(fc.uniqueArray(document, { minLength: 1, maxLength: 6, selector: ({ id }) => id }), { maxLength: 3 }),
  removes: fc.array(fc.nat(IDS - 1).map(String), { maxLength: 3 }),
});
type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never;

/** Puts at once, so that their transactions come one after the other, then removes. */
async function make([one, other]: readonly [OpenFaiss, OpenFaiss], { byTheOther, puts, removes }: Change) {
  const { corpus } = byTheOther ? other : one;
  await Promise.all(puts.map((documents) => corpus.put(documents.map(chunked), unending())));
  await corpus.remove(removes, unending());
}

/** All that can be asked of what is in memory. */
async function answers({ retrieval, corpus, tuning }: OpenFaiss, filters: readonly Filter[]) {
  const given: unknown[] = [];
  for (const principal of PRINCIPALS) {
    given.push(await corpus.describeFor(principal, unending()));
    const shared = { query: WORDS.join(" "), topK: 100, ...(principal === undefined ? {} : { principal }) };
    for (const mode of ["sparse", "dense"] as const) {
      for (const request of [shared, ...filters.map((chosen) => ({ ...shared, filter: chosen }))]) {
        const { passages } = await tuning.retrieveRanked({ mode, denseWeight: 0.5 }, request, unending());
        given.push(passages.map((passage) => ({ ...passage, score: Math.round(passage.score * 1e5) })));
      }
    }
  }
  expect((await retrieval.retrieve({ query: WORDS[0], topK: 1 }, unending())).warnings).toEqual([]);
  return given;
}

const EMBEDDERS: readonly (readonly [string, () => EmbeddingPort | LearnedEmbeddingPort])[] = [
  ["a fixed", () => new FakeEmbedding()],
  ["a learned", () => new FakeLearnedEmbedding()],
];

describe("What an engine has in memory after puts of its own and changes of others", { timeout: 120_000 }, () => {
  it.each(EMBEDDERS)("is what a fresh one reads from the record, with %s embedder", async (_, embedder) => {
    const directory = await temporaryFolder();
    const open = () => {
      const opened = openFaiss({ directory, embedder: embedder(), learnsUnasked: false });
      onTestFinished(() => opened.close());
      return opened;
    };
    const both = [open(), open()] as const;
    const first = Array.from({ length: 5 }, (_, number) => chunked({ id: `${number}`, text: WORDS.join("\n\n") }));
    await both[0].corpus.put(first, unending());
    await both[0].corpus.settle(unending());
    const property = fc.asyncProperty(
      fc.array(change, { minLength: 1, maxLength: 4 }),
      fc.array(filter, { minLength: 2, maxLength: 2 }),
      async (changes, filters) => {
        for (const next of changes) await make(both, next);
        await both[0].corpus.settle(unending());
        const fresh = open();
        const expected = await answers(fresh, filters);
        await fresh.close();
        for (const opened of both) expect(await answers(opened, filters)).toEqual(expected);
      },
    );
    // One corpus for all runs, so a failure cannot be shrunk.
    await fc.assert(property, { numRuns: 12, endOnFailure: true });
  });
});
