import { ServiceError } from "../../domain/errors.ts";
import { FakeEmbedding } from "../support/fakes/fake-embedding.ts";
import { describeEmbeddingContract, EMBEDDING_CODES, type EmbeddingCode } from "./embedding-contract.ts";

describeEmbeddingContract("FakeEmbedding", {
  open: async () => {
    const fake = new FakeEmbedding();
    return {
      port: fake,
      stall: () => fake.hold(),
      provoke: Object.fromEntries(EMBEDDING_CODES.map((code) => [code, () => fake.failNext(failure(code))])),
      purposes: () => fake.requests.map(({ purpose }) => purpose),
      calls: () => fake.requests.length,
      close: () => fake.close(),
    };
  },
});

function failure(code: EmbeddingCode): ServiceError {
  const retryable = code === "rate-limited" || code === "vendor-unavailable";
  return new ServiceError(code, `The script says: ${code}.`, { retryable });
}
