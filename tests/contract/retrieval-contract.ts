import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SourceDocument } from "../../domain/document.ts";
import { matchesFilter } from "../../domain/filter.ts";
import type { Passage } from "../../domain/passage.ts";
import type { Retrieval, RetrievalPort, RetrievalRequest } from "../../domain/ports/retrieval-port.ts";
import { describeAccess } from "./retrieval-contract-access.ts";
import { type Context, contextOf, FEW_DOCUMENTS, failureOf, unending } from "./retrieval-contract-context.ts";
import {
  COMMON_WORD,
  FILTER_CASES,
  ODD_TEXT,
  PUBLIC_DOCUMENTS,
  RARE_WORDS,
  UNKNOWN_WORDS,
} from "./retrieval-contract-documents.ts";
import { describeCancellation, describeErrors } from "./retrieval-contract-failures.ts";
import type { OpenRetrieval, RetrievalHarness } from "./retrieval-harness.ts";

const DOCUMENTS_BY_ID = new Map<string, SourceDocument>(PUBLIC_DOCUMENTS.map((document) => [document.id, document]));

/** What every RetrievalPort must do, whatever stands behind it. Call it at the top of a test file. */
export function describeRetrievalContract(name: string, harness: RetrievalHarness): void {
  const context = contextOf(harness);
  describe(`${name} keeps the contract of RetrievalPort`, () => {
    describeAnswers(context);
    describeFilters(context);
    describeAccess(context);
    describeCancellation(context);
    describeErrors(context);
  });
}

/** One port over the public documents, opened once for all tests of the group. */
function sharedPort({ harness }: Context): () => RetrievalPort {
  let opened: OpenRetrieval | undefined;
  beforeAll(async () => {
    opened = await harness.open(PUBLIC_DOCUMENTS);
  });
  afterAll(() => opened?.close());
  return () => {
    if (opened === undefined) throw new Error("The harness has not opened the port.");
    return opened.port;
  };
}

function describeAnswers(context: Context): void {
  describe("answers", () => {
    const port = sharedPort(context);
    const retrieve = (request: Partial<RetrievalRequest>) => port().retrieve(context.requestFor(request), unending());

    for (const topK of [1, 7, 100]) {
      it(`returns the ${topK} best passages of more, best first, each id once, scores in [0, 1]`, async () => {
        const retrieval = await retrieve({ topK });
        expect(retrieval.passages).toHaveLength(topK);
        expectWellFormed(retrieval, topK);
      });
    }

    it("puts the passage first that holds the query's rare word", async () => {
      for (const word of RARE_WORDS) {
        const { passages } = await retrieve({ query: word });
        expect(passages[0]?.documentId).toBe(word);
      }
    });

    it("ranks passages that hold more of the query before those that hold less", async () => {
      for (const word of RARE_WORDS) {
        const retrieval = await retrieve({ query: `${COMMON_WORD} ${word}`, topK: 100 });
        expectWellFormed(retrieval, 100);
        expect(retrieval.passages[0]?.documentId).toBe(word);
      }
    });

    it("gives the same passages for the same query, ids and all", async () => {
      const first = await retrieve({ topK: 20 });
      const second = await retrieve({ topK: 20 });
      expect(second.passages).toEqual(first.passages);
    });

    it("starts the longer list with the shorter one's passages", async () => {
      const [short, long] = [await retrieve({ topK: 5 }), await retrieve({ topK: 50 })];
      expect(idsOf(long.passages).slice(0, 5)).toEqual(idsOf(short.passages));
    });

    it("leaves the passage's text as it stands in the document", async () => {
      const { passages } = await retrieve({ query: "odd spaces", topK: 100 });
      for (const passage of passages) expectFaithful(passage);
      const odd = passages.find((passage) => passage.documentId === "odd");
      expect(odd?.text).toContain(ODD_TEXT);
    });

    context.case("metadata", "hands back the document's title, uri and metadata", async () => {
      const [word] = RARE_WORDS;
      const found = (await retrieve({ query: word })).passages.find((passage) => passage.documentId === word);
      const document = DOCUMENTS_BY_ID.get(word);
      expect(found).toMatchObject({ title: document?.title, uri: document?.uri, metadata: document?.metadata });
    });

    context.case("no-match", "returns [] where no passage holds a word of the query", async () => {
      expect((await retrieve({ query: UNKNOWN_WORDS })).passages).toEqual([]);
    });

    it("returns [] where there is no document at all", async () => {
      const { port: empty } = await context.open([]);
      const retrieval = await empty.retrieve(context.requestFor({}), unending());
      expectWellFormed(retrieval, 10);
      expect(retrieval.passages).toEqual([]);
    });

    it("returns all there is where topK asks for more", async () => {
      const { port: small } = await context.open(FEW_DOCUMENTS);
      const { passages } = await small.retrieve(context.requestFor({ topK: 100 }), unending());
      expect(passages.map(({ documentId }) => documentId).toSorted()).toEqual(
        FEW_DOCUMENTS.map(({ id }) => id).toSorted(),
      );
    });

    it("keeps searches that run at once apart", async () => {
      const words = [...RARE_WORDS, ...RARE_WORDS];
      const retrievals = await Promise.all(words.map((query) => retrieve({ query })));
      expect(retrievals.map(({ passages }) => passages[0]?.documentId)).toEqual(words);
    });
  });
}

function describeFilters(context: Context): void {
  const { harness } = context;
  describe("filters", () => {
    const port = sharedPort(context);

    for (const { key, filter, names } of FILTER_CASES) {
      const request = context.requestFor({ topK: 100, filter });
      const refusal = harness.refused?.[key];
      if (refusal !== undefined) {
        it(`refuses ${key}, naming the field and the comparison (${refusal})`, async () => {
          const error = await failureOf(port().retrieve(request, unending()));
          expect(error).toMatchObject({ code: "filter-unsupported", retryable: false });
          const words = [error.message, ...error.problems.flatMap(({ field, message }) => [field, message])].join("\n");
          for (const name of names) expect(words).toContain(name);
        });
        continue;
      }
      context.case(key, `honours ${key}: every document that satisfies it and no other`, async () => {
        const expected = PUBLIC_DOCUMENTS.filter(({ metadata = {} }) => matchesFilter(filter, metadata));
        const retrieval = await port().retrieve(request, unending());
        expectWellFormed(retrieval, 100);
        const found = new Set(retrieval.passages.map((passage) => passage.documentId));
        expect([...found].toSorted()).toEqual(expected.map(({ id }) => id).toSorted());
      });
    }
  });
}

function expectWellFormed(retrieval: Retrieval, topK: number): void {
  const { passages, embedMs, warnings, relevance } = retrieval;
  expect(passages.length).toBeLessThanOrEqual(topK);
  expect(new Set(idsOf(passages)).size).toBe(passages.length);
  for (const [index, passage] of passages.entries()) {
    expect(passage.id).not.toBe("");
    expect(passage.score).toBeGreaterThanOrEqual(0);
    expect(passage.score).toBeLessThanOrEqual(1);
    expect(passage.score).toBeLessThanOrEqual(passages[index - 1]?.score ?? 1);
  }
  expect(embedMs).toBeGreaterThanOrEqual(0);
  expect(Number.isFinite(embedMs)).toBe(true);
  for (const value of [relevance?.lexical ?? 0, relevance?.dense ?? 0]) expect(value >= 0 && value <= 1).toBe(true);
  expect(warnings.every((warning) => warning !== "")).toBe(true);
}

/** The passage's text stands in its document, at its offsets where it gives them. */
function expectFaithful({ documentId, text, location }: Passage): void {
  const document = DOCUMENTS_BY_ID.get(documentId);
  expect(text).not.toBe("");
  expect(document?.text).toContain(text);
  if (location?.start === undefined || location.end === undefined) return;
  expect(document?.text.slice(location.start, location.end)).toBe(text);
}

function idsOf(passages: readonly Passage[]): readonly string[] {
  return passages.map(({ id }) => id);
}
