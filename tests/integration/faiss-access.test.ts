import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Readers, SourceDocument } from "../../domain/document.ts";
import { type Filter, matchesFilter } from "../../domain/filter.ts";
import type { Principal } from "../../domain/principal.ts";
import { mayRead } from "../../domain/readers.ts";
import { unending } from "../contract/corpus-contract-context.ts";
import { inOneChunk } from "../support/chunked.ts";
import { corpusFolder, type OpenFaiss, openFaiss } from "../support/faiss.ts";
import { FakeEmbedding, wordVector } from "../support/fakes/fake-embedding.ts";
import { FakeLearnedEmbedding } from "../support/fakes/fake-learned-embedding.ts";
import { innerProduct, randomNumbers } from "../support/vectors.ts";

const WORDS = ["anchor", "buoy", "crane", "dock", "eddy", "ferry", "gull", "hull", "inlet", "jetty"] as const;
const DIMENSIONS = 64;

/** Few enough that they meet, and some that are a user's and a group's. */
const IDS = ["a", "b", "c", "d", "A", ""] as const;
const ids = fc.subarray(IDS.slice(0, 5));
const readers: fc.Arbitrary<Readers | undefined> = fc.option(fc.record({ users: ids, groups: ids }), {
  nil: undefined,
});
const principal: fc.Arbitrary<Principal | undefined> = fc.option(
  fc.record({ userId: fc.constantFrom(...IDS), groups: fc.subarray([...IDS]) }),
  { nil: undefined },
);
const filter: fc.Arbitrary<Filter | undefined> = fc.option(
  fc.oneof(
    fc.record({ op: fc.constant("eq" as const), field: fc.constant("year"), value: fc.integer({ min: 0, max: 5 }) }),
    fc.record({ op: fc.constant("range" as const), field: fc.constant("year"), gte: fc.integer({ min: 0, max: 5 }) }),
    fc.record({ op: fc.constant("contains" as const), field: fc.constant("tags"), value: fc.constant("even") }),
    fc.constant<Filter>({ op: "not", filter: { op: "contains", field: "tags", value: "even" } }),
  ),
  { nil: undefined },
);

for (const [kind, flatBelow] of [
  ["flat", 10_000],
  ["HNSW", 100],
] as const) {
  it(`finds in a ${kind} index what a look at every document finds that the principal may read, whatever changes meanwhile`, async () => {
    const documents = new Map(documentsOf(240).map((document) => [document.id, document]));
    const search = await openModes({ flat_below: flatBelow });
    await putAll(search("fused"), [...documents.values()]);
    await search("fused").corpus.settle(unending());
    const query = fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 3 });
    const change = fc.record({ index: fc.integer({ min: 0, max: 239 }), readers });
    const property = fc.asyncProperty(
      principal,
      filter,
      query,
      fc.integer({ min: 1, max: 100 }),
      change,
      async (asking, chosen, words, topK, { index, readers: changed }) => {
        const replaced = withReaders(documents.get(`document-${index}`), changed);
        documents.set(replaced.id, replaced);
        await search("fused").corpus.put([inOneChunk(replaced)], unending());
        const allowed = [...documents.values()].filter(
          ({ readers: own, metadata = {} }) =>
            mayRead(own, asking) && (chosen === undefined || matchesFilter(chosen, metadata)),
        );
        const request = { topK, ...(asking && { principal: asking }), ...(chosen && { filter: chosen }) };
        const near = await search("dense").retrieval.retrieve({ query: words.join(" "), ...request }, unending());
        expect(near.passages.map(({ score }) => Math.round(score * 1e4))).toEqual(
          nearest(words.join(" "), allowed).slice(0, topK),
        );
        const idsAllowed = new Set(allowed.map(({ id }) => id));
        for (const mode of ["dense", "sparse", "fused"]) {
          const { passages } = await search(mode).retrieval.retrieve({ query: "harbour", ...request }, unending());
          expect(passages.filter(({ documentId }) => !idsAllowed.has(documentId))).toEqual([]);
          expect(passages).toHaveLength(Math.min(topK, allowed.length));
        }
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });
}

describe("What a principal may not read", () => {
  it("draws no vector towards it: the answer is that of a corpus without it", async () => {
    const documents = documentsOf(90);
    const options = { mode: "fused", dense_weight: 1 };
    const whole = await open(options);
    await putAll(whole, documents);
    const askers: readonly (Principal | undefined)[] = [
      undefined,
      { userId: "a", groups: [] },
      { userId: "x", groups: ["b", "c"] },
    ];
    for (const asking of askers) {
      const part = await open(options);
      await putAll(
        part,
        documents
          .filter(({ readers: own }) => mayRead(own, asking))
          .map((document) => withReaders(document, undefined)),
      );
      for (const query of ["anchor buoy", "ferry", "gull hull inlet"]) {
        const request = { query, topK: 20 };
        const found = await whole.retrieval.retrieve({ ...request, ...(asking && { principal: asking }) }, unending());
        const expected = await part.retrieval.retrieve(request, unending());
        expect(found.passages.map(told)).toEqual(expected.passages.map(told));
      }
    }
  });

  it("is not told of by a warning", async () => {
    const { corpus, retrieval } = await open({}, new FakeLearnedEmbedding());
    const [hidden, shown] = documentsOf(2).map((document, index) =>
      inOneChunk(withReaders(document, index === 0 ? { users: ["a"], groups: [] } : undefined)),
    );
    if (hidden === undefined || shown === undefined) throw new Error("There are no documents.");
    const warningsFor = async (userId: string) => {
      const request = { query: "harbour", topK: 5, principal: { userId, groups: [] } };
      return (await retrieval.retrieve(request, unending())).warnings;
    };
    await corpus.put([hidden], unending());
    expect(await warningsFor("b")).toEqual([]);
    expect(await warningsFor("a")).toHaveLength(1);
    await corpus.put([shown], unending());
    expect(await warningsFor("b")).toHaveLength(1);
  });

  it("stays hidden from more principals at once than are remembered", async () => {
    const { corpus, retrieval } = await open({ mode: "sparse" });
    const own = Array.from({ length: 300 }, (_, index) => ({
      id: `of-${index}`,
      text: `The harbour office of ${index}.`,
      readers: { users: [`user-${index}`], groups: [`group-${index % 7}`] },
    }));
    for (let start = 0; start < own.length; start += 100) {
      await corpus.put(own.slice(start, start + 100).map(inOneChunk), unending());
    }
    for (let round = 0; round < 2; round++) {
      const answers = own.map(async (_, index) => {
        const asking = { userId: `user-${index}`, groups: index % 2 === 0 ? [`group-${(index + 1) % 7}`] : [] };
        const { passages } = await retrieval.retrieve({ query: "harbour", topK: 100, principal: asking }, unending());
        const expected = own.filter(({ readers: named }) => mayRead(named, asking)).map(({ id }) => id);
        expect(passages.map(({ documentId }) => documentId).toSorted()).toEqual(expected.toSorted());
      });
      await Promise.all(answers);
    }
  });
});

/** One corpus, searched in every mode by a process of its own. */
async function openModes(options: Readonly<Record<string, unknown>>): Promise<(mode: string) => OpenFaiss> {
  const folder = await corpusFolder();
  const opened = new Map(
    ["fused", "dense", "sparse"].map((mode) => {
      const embedder = new FakeEmbedding({ dimensions: DIMENSIONS });
      return [mode, openFaiss({ directory: folder.path, embedder, options: { mode, ...options } })] as const;
    }),
  );
  onTestFinished(async () => {
    await Promise.all([...opened.values()].map(({ close }) => close()));
    await folder.remove();
  });
  return (mode) => {
    const found = opened.get(mode);
    if (found === undefined) throw new Error(`${mode} is not open.`);
    return found;
  };
}

async function open(
  options: Readonly<Record<string, unknown>>,
  embedder: FakeEmbedding | FakeLearnedEmbedding = new FakeEmbedding({ dimensions: DIMENSIONS }),
): Promise<OpenFaiss> {
  const folder = await corpusFolder();
  const opened = openFaiss({ directory: folder.path, embedder, options });
  onTestFinished(() => opened.close().then(folder.remove));
  return opened;
}

async function putAll({ corpus }: OpenFaiss, documents: readonly SourceDocument[]): Promise<void> {
  for (let start = 0; start < documents.length; start += corpus.maxBatch) {
    await corpus.put(documents.slice(start, start + corpus.maxBatch).map(inOneChunk), unending());
  }
}

function nearest(query: string, documents: readonly SourceDocument[]): readonly number[] {
  const vector = wordVector(query, DIMENSIONS);
  return documents
    .map(({ text }) => Math.round(Math.min(1, innerProduct(vector, wordVector(text, DIMENSIONS))) * 1e4))
    .toSorted((one, other) => other - one);
}

function told({ documentId, score }: { readonly documentId: string; readonly score: number }) {
  return { documentId, score: Math.round(score * 1e6) };
}

function withReaders(document: SourceDocument | undefined, given: Readers | undefined): SourceDocument {
  if (document === undefined) throw new Error("There is no such document.");
  const { readers: _, ...rest } = document;
  return given === undefined ? rest : { ...rest, readers: given };
}

/** Every third one is everybody's. */
function documentsOf(count: number): readonly SourceDocument[] {
  const random = randomNumbers(7);
  const some = () => IDS.slice(0, 5).filter(() => random() < 0.3);
  return Array.from({ length: count }, (_, index) => {
    const words = Array.from({ length: 6 }, () => WORDS[Math.floor(random() * WORDS.length)]).join(" ");
    const document = {
      id: `document-${index}`,
      text: `harbour ${words}`,
      metadata: { year: index % 6, tags: index % 2 === 0 ? ["even"] : [] },
    };
    return index % 3 === 0 ? document : { ...document, readers: { users: some(), groups: some() } };
  });
}
