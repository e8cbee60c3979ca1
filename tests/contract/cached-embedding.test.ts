import { join } from "node:path";
import { ServiceError } from "../../domain/errors.ts";
import { CachedEmbedding } from "../../infrastructure/embedding-cache/cached-embedding.ts";
import { EmbeddingStore } from "../../infrastructure/embedding-cache/embedding-store.ts";
import { FakeEmbedding } from "../support/fakes/fake-embedding.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { describeEmbeddingContract, EMBEDDING_CODES, type EmbeddingCode } from "./embedding-contract.ts";

describeEmbeddingContract("CachedEmbedding", {
  open: async () => {
    const file = join(await temporaryFolder(), "embeddings.sqlite");
    const store = new EmbeddingStore({ file, maxBytes: 10_000_000 }, { info() {}, warn() {}, error() {} });
    const fake = new FakeEmbedding();
    const port = new CachedEmbedding(fake, store);
    return {
      port,
      stall: () => fake.hold(),
      provoke: Object.fromEntries(EMBEDDING_CODES.map((code) => [code, () => fake.failNext(failure(code))])),
      purposes: () => fake.requests.map(({ purpose }) => purpose),
      calls: () => fake.requests.length,
      close: async () => {
        await port.close();
        await store.close();
      },
    };
  },
});

function failure(code: EmbeddingCode): ServiceError {
  const retryable = code === "rate-limited" || code === "vendor-unavailable";
  return new ServiceError(code, `The script says: ${code}.`, { retryable });
}
