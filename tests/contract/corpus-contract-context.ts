import { expect, it, onTestFinished } from "vitest";
import type { SourceDocument } from "../../domain/document.ts";
import { ServiceError } from "../../domain/errors.ts";
import type { Passage } from "../../domain/passage.ts";
import { chunked } from "../support/chunked.ts";
import type { CorpusCase, CorpusHarness, OpenCorpus } from "./corpus-harness.ts";

/** What the contract's groups share. */
export interface Context {
  /** An empty corpus that ends with the test. */
  open(): Promise<OpenCorpus>;
  case(key: CorpusCase, title: string, test: () => Promise<void>): void;
}

export const WHALES: SourceDocument = {
  id: "whales",
  title: "Whales",
  text: "A whale breathes air.\n\nIts calf drinks milk.",
  uri: "https://sea.example/whales",
  metadata: { year: 2020, tags: ["mammal", "sea"], draft: false },
};
export const GULLS: SourceDocument = { id: "gulls", text: "A gull steals chips.", metadata: { year: 2021 } };
export const CRABS: SourceDocument = { id: "crabs", title: "Crabs", text: "A crab walks sideways." };

export function contextOf(harness: CorpusHarness): Context {
  return {
    open: async () => {
      const opened = await harness.open();
      onTestFinished(() => opened.close());
      return opened;
    },
    case: (key, title, test) => {
      const reason = harness.skip?.[key];
      if (reason === undefined) it(title, test);
      else it(`leaves out: ${title} (${reason})`, () => expect(reason).not.toBe(""));
    },
  };
}

export function put({ corpus }: OpenCorpus, ...documents: readonly SourceDocument[]) {
  return corpus.put(documents.map(chunked), unending());
}

/** Passages that hold the word, best first. */
export async function find({ retrieval }: OpenCorpus, word: string): Promise<readonly Passage[]> {
  const { passages } = await retrieval.retrieve({ query: word, topK: 100 }, unending());
  return passages.filter(({ text }) => text.toLowerCase().includes(word));
}

/** The ServiceError that the call fails with; anything else fails the test. */
export async function failureOf(call: Promise<unknown>): Promise<ServiceError> {
  const outcome = await call.then(
    () => "a result",
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(ServiceError);
  return outcome as ServiceError;
}

export function unending(): AbortSignal {
  return new AbortController().signal;
}
