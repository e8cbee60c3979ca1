import { ServiceError } from "../../domain/errors.ts";
import { FakeReranker } from "../support/fakes/fake-reranker.ts";
import { describeRerankContract, RERANK_CODES, type RerankCode } from "./rerank-contract.ts";

describeRerankContract("FakeReranker", {
  open: async () => {
    const fake = new FakeReranker();
    return {
      port: fake,
      stall: () => fake.hold(),
      provoke: Object.fromEntries(RERANK_CODES.map((code) => [code, () => fake.failNext(failure(code))])),
      calls: () => fake.requests.length,
      close: () => fake.close(),
    };
  },
});

function failure(code: RerankCode): ServiceError {
  const retryable = code === "rate-limited" || code === "vendor-unavailable";
  return new ServiceError(code, `The script says: ${code}.`, { retryable });
}
