import { RerankedRetrieval } from "../../application/reranked-retrieval.ts";
import { ServiceError } from "../../domain/errors.ts";
import { FakeReranker } from "../support/fakes/fake-reranker.ts";
import { FakeRetrieval } from "../support/fakes/fake-retrieval.ts";
import { matchingPassages } from "../support/matching-passages.ts";
import { describeRetrievalContract } from "./retrieval-contract.ts";
import type { ContractDocument } from "./retrieval-contract-documents.ts";
import { PROVOKED_CODES, type ProvokedCode } from "./retrieval-harness.ts";

const SURVIVED = "the search survives it, with a warning";

function open(documents: readonly ContractDocument[], upstream: "search" | "reranker") {
  const retrieval = new FakeRetrieval((request) => matchingPassages(documents, request));
  const reranker = new FakeReranker({ maxBatch: 16 });
  const fake = { search: retrieval, reranker }[upstream];
  return {
    port: new RerankedRetrieval(retrieval, reranker, { candidates: 30 }),
    stall: () => fake.hold(),
    provoke: Object.fromEntries(PROVOKED_CODES.map((code) => [code, () => fake.failNext(failure(code))])),
    close: () => retrieval.close(),
  };
}

describeRetrievalContract("RerankedRetrieval over a search that stalls and fails", {
  open: async (documents) => open(documents, "search"),
});

describeRetrievalContract("RerankedRetrieval with a reranker that stalls and fails", {
  open: async (documents) => open(documents, "reranker"),
  skip: {
    "rate-limited": SURVIVED,
    "vendor-unavailable": SURVIVED,
    "vendor-reply-invalid": SURVIVED,
  },
});

function failure(code: ProvokedCode): ServiceError {
  const retryable = code === "rate-limited" || code === "overloaded" || code === "vendor-unavailable";
  return new ServiceError(code, `The script says: ${code}.`, { retryable });
}
