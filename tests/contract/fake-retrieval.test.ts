import { ServiceError } from "../../domain/errors.ts";
import { FakeRetrieval } from "../support/fakes/fake-retrieval.ts";
import { matchingPassages } from "../support/matching-passages.ts";
import { describeRetrievalContract } from "./retrieval-contract.ts";
import { PROVOKED_CODES, type ProvokedCode } from "./retrieval-harness.ts";

describeRetrievalContract("FakeRetrieval", {
  open: async (documents) => {
    const fake = new FakeRetrieval((request) => matchingPassages(documents, request));
    const provocations = PROVOKED_CODES.map((code) => [code, () => fake.failNext(failure(code))] as const);
    return {
      port: fake,
      stall: () => fake.hold(),
      provoke: Object.fromEntries(provocations),
      close: () => fake.close(),
    };
  },
});

function failure(code: ProvokedCode): ServiceError {
  const retryable = code === "rate-limited" || code === "overloaded" || code === "vendor-unavailable";
  return new ServiceError(code, `The script says: ${code}.`, { retryable });
}
