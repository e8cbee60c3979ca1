import { expect, it, onTestFinished } from "vitest";
import { ServiceError } from "../../domain/errors.ts";
import type { Retrieval, RetrievalRequest } from "../../domain/ports/retrieval-port.ts";
import { COMMON_WORD, type ContractDocument, PUBLIC_DOCUMENTS } from "./retrieval-contract-documents.ts";
import type { OpenRetrieval, RetrievalCase, RetrievalHarness } from "./retrieval-harness.ts";

/** Enough for tests that do not look at the order. */
export const FEW_DOCUMENTS = PUBLIC_DOCUMENTS.slice(0, 3);

/** What the contract's groups share. */
export interface Context {
  readonly harness: RetrievalHarness;
  requestFor(request: Partial<RetrievalRequest>): RetrievalRequest;
  open(documents: readonly ContractDocument[]): Promise<OpenRetrieval>;
  case(key: RetrievalCase, title: string, test: () => Promise<void>): void;
}

export function contextOf(harness: RetrievalHarness): Context {
  const requestFor = (request: Partial<RetrievalRequest>): RetrievalRequest => ({
    query: COMMON_WORD,
    topK: 10,
    ...(harness.principal === undefined ? {} : { principal: harness.principal }),
    ...request,
  });
  return {
    harness,
    requestFor,
    open: async (documents) => {
      const opened = await harness.open(documents);
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

/** The ServiceError that the search fails with; anything else fails the test. */
export async function failureOf(search: Promise<Retrieval>): Promise<ServiceError> {
  const outcome = await search.then(
    () => "an answer",
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(ServiceError);
  return outcome as ServiceError;
}

export function unending(): AbortSignal {
  return new AbortController().signal;
}
