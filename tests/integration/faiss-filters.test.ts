import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Metadata, SourceDocument } from "../../domain/document.ts";
import { type Filter, matchesFilter } from "../../domain/filter.ts";
import type { Passage } from "../../domain/passage.ts";
import { inOneChunk } from "../support/chunked.ts";
import { corpusFolder, type OpenFaiss, openFaiss } from "../support/faiss.ts";
import { FakeEmbedding, wordVector } from "../support/fakes/fake-embedding.ts";
import { filter } from "../support/filters.ts";
import { innerProduct, randomNumbers } from "../support/vectors.ts";

const WORDS = ["anchor", "buoy", "crane", "dock", "eddy", "ferry", "gull", "hull", "inlet", "jetty"] as const;
const DIMENSIONS = 64;
const DOCUMENTS = documents(320);
const VECTORS = new Map(DOCUMENTS.map(({ id, text }) => [id, wordVector(text, DIMENSIONS)]));

for (const [kind, flatBelow] of [
  ["flat", 10_000],
  ["HNSW", 100],
] as const) {
  describe(`Filters over a ${kind} index`, () => {
    const opened = new Map<string, OpenFaiss>();
    let folder: Awaited<ReturnType<typeof corpusFolder>> | undefined;

    beforeAll(async () => {
      folder = await corpusFolder();
      for (const mode of ["fused", "dense", "sparse"]) {
        const options = { mode, flat_below: flatBelow };
        const embedder = new FakeEmbedding({ dimensions: DIMENSIONS });
        opened.set(mode, openFaiss({ directory: folder.path, embedder, options }));
      }
      const { corpus } = search("fused");
      for (let start = 0; start < DOCUMENTS.length; start += 100) {
        await corpus.put(DOCUMENTS.slice(start, start + 100).map(inOneChunk), unending());
      }
      await corpus.settle(unending());
    });

    afterAll(async () => {
      await Promise.all([...opened.values()].map(({ close }) => close()));
      await folder?.remove();
    });

    function search(mode: string): OpenFaiss {
      const found = opened.get(mode);
      if (found === undefined) throw new Error(`${mode} is not open.`);
      return found;
    }

    it("give the very passages that a scan of everything gives, and their scores", async () => {
      const query = fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 3 });
      const property = fc.asyncProperty(
        filter,
        query,
        fc.integer({ min: 1, max: 100 }),
        async (chosen, words, topK) => {
          const request = { query: words.join(" "), topK, filter: chosen };
          const { passages } = await search("dense").retrieval.retrieve(request, unending());
          const expected = scan(words.join(" "), chosen).slice(0, topK);
          expect(passages.map(({ score }) => Math.round(score * 1e4))).toEqual(
            expected.map(({ score }) => Math.round(score * 1e4)),
          );
          expectAllToPass(passages, chosen);
        },
      );
      await fc.assert(property, { numRuns: 60 });
    });

    it("lose no passage and let none slip, by words and fused", async () => {
      const property = fc.asyncProperty(filter, fc.constantFrom("fused", "sparse"), async (chosen, mode) => {
        const { passages } = await search(mode).retrieval.retrieve(
          { query: "harbour", topK: 100, filter: chosen },
          unending(),
        );
        const passing = DOCUMENTS.filter(({ metadata = {} }) => matchesFilter(chosen, metadata)).length;
        expect(passages).toHaveLength(Math.min(100, passing));
        expectAllToPass(passages, chosen);
      });
      await fc.assert(property, { numRuns: 60 });
    });

    it("speak of the metadata as they are after the last put", async () => {
      const { corpus, retrieval } = search("fused");
      const [document] = DOCUMENTS;
      if (document === undefined) throw new Error("There is no document.");
      const request = { query: "harbour", topK: 10, filter: { op: "eq", field: "moved", value: true } } as const;
      expect((await retrieval.retrieve(request, unending())).passages).toEqual([]);
      await corpus.put([inOneChunk({ ...document, metadata: { ...document.metadata, moved: true } })], unending());
      expect((await retrieval.retrieve(request, unending())).passages.map(({ documentId }) => documentId)).toEqual([
        document.id,
      ]);
      await corpus.put([inOneChunk(document)], unending());
      expect((await retrieval.retrieve(request, unending())).passages).toEqual([]);
    });
  });
}

function scan(query: string, chosen: Filter): readonly { readonly id: string; readonly score: number }[] {
  const vector = wordVector(query, DIMENSIONS);
  return DOCUMENTS.filter(({ metadata = {} }) => matchesFilter(chosen, metadata))
    .map(({ id }) => ({ id, score: innerProduct(vector, VECTORS.get(id) ?? new Float32Array(DIMENSIONS)) }))
    .toSorted((one, other) => other.score - one.score);
}

function expectAllToPass(passages: readonly Passage[], chosen: Filter): void {
  expect(passages.filter(({ metadata = {} }) => !matchesFilter(chosen, metadata))).toEqual([]);
}

function documents(count: number): readonly SourceDocument[] {
  const random = randomNumbers(42);
  const pick = <Item>(items: readonly Item[]): Item | undefined => items[Math.floor(random() * items.length)];
  return Array.from({ length: count }, (_, index) => {
    const words = Array.from({ length: 6 }, () => pick(WORDS)).join(" ");
    return {
      id: `document-${index}`,
      text: `harbour ${words}`,
      ...(index % 11 === 0 ? {} : { metadata: metadataOf(index, pick) }),
    };
  });
}

function metadataOf(index: number, pick: (items: readonly string[]) => string | undefined): Metadata {
  return {
    year: index % 13,
    draft: index % 3 === 0,
    tags: [...(index % 2 === 0 ? ["even"] : []), ...(index % 3 === 0 ? ["third"] : [])],
    ...(index % 5 === 0 ? {} : { colour: pick(["red", "green", "blue"]) ?? "red" }),
  };
}

function unending(): AbortSignal {
  return new AbortController().signal;
}
