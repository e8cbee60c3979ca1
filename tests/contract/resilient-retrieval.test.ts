import { ServiceError } from "../../domain/errors.ts";
import { CircuitBreaker } from "../../infrastructure/resilience/circuit-breaker.ts";
import { systemClock } from "../../infrastructure/resilience/clock.ts";
import { GuardedRetrieval } from "../../infrastructure/resilience/guarded-retrieval.ts";
import { StaleRetrieval } from "../../infrastructure/resilience/stale-retrieval.ts";
import { FakeRetrieval } from "../support/fakes/fake-retrieval.ts";
import { matchingPassages } from "../support/matching-passages.ts";
import { BREAKER, RecordedEvents } from "../support/resilience.ts";
import { describeRetrievalContract } from "./retrieval-contract.ts";
import type { ContractDocument } from "./retrieval-contract-documents.ts";
import { PROVOKED_CODES, type ProvokedCode } from "./retrieval-harness.ts";

const shared = { search: "fake", clock: systemClock, recorder: new RecordedEvents() };

function open(documents: readonly ContractDocument[]) {
  const fake = new FakeRetrieval((request) => matchingPassages(documents, request));
  const breaker = new CircuitBreaker(BREAKER, systemClock, () => 0.5);
  return {
    port: new GuardedRetrieval(fake, { ...shared, timeoutMs: 60_000, breaker }),
    stall: () => fake.hold(),
    provoke: Object.fromEntries(PROVOKED_CODES.map((code) => [code, () => fake.failNext(failure(code))])),
    close: () => fake.close(),
  };
}

describeRetrievalContract("GuardedRetrieval", { open: async (documents) => open(documents) });

describeRetrievalContract("StaleRetrieval over GuardedRetrieval", {
  open: async (documents) => {
    const opened = open(documents);
    const bounds = { maxEntries: 100, maxBytes: 10_000_000, maxAgeMs: 60_000 };
    return { ...opened, port: new StaleRetrieval(opened.port, { ...shared, ...bounds }) };
  },
});

function failure(code: ProvokedCode): ServiceError {
  const retryable = code === "rate-limited" || code === "overloaded" || code === "vendor-unavailable";
  return new ServiceError(code, `The script says: ${code}.`, { retryable });
}
