import { ServiceError } from "../../domain/errors.ts";
import { inOneChunk } from "../support/chunked.ts";
import { corpusFolder, openFaiss } from "../support/faiss.ts";
import { FakeEmbedding } from "../support/fakes/fake-embedding.ts";
import { FakeLearnedEmbedding } from "../support/fakes/fake-learned-embedding.ts";
import { describeRetrievalContract } from "./retrieval-contract.ts";
import type { ContractDocument } from "./retrieval-contract-documents.ts";
import type { ProvokedCode } from "./retrieval-harness.ts";

const EMBEDDER_CODES = {
  "rate-limited": true,
  "vendor-auth": false,
  "vendor-rejected": false,
  "vendor-unavailable": true,
  "vendor-reply-invalid": false,
} as const satisfies Partial<Record<ProvokedCode, boolean>>;

const NEEDS_MORE = "brought about in tests of its own, by real processes";
const NO_VENDOR = "a learned embedder has no vendor";

describeRetrievalContract("FaissRetrieval with a fixed embedder", {
  open: async (documents) => {
    const folder = await corpusFolder();
    const embedder = new FakeEmbedding();
    const { corpus, retrieval, close } = openFaiss({ directory: folder.path, embedder });
    await putAll(corpus, documents);
    const provoke = Object.entries(EMBEDDER_CODES).map(([code, retryable]) => {
      const error = new ServiceError(code as ProvokedCode, `The script says: ${code}.`, { retryable });
      return [code, () => embedder.failNext(error)] as const;
    });
    return {
      port: retrieval,
      stall: () => embedder.hold(),
      provoke: Object.fromEntries(provoke),
      close: () => close().then(folder.remove),
    };
  },
  skip: {
    "no-match": "the nearest passages are the nearest, however far",
    "embedder-mismatch": NEEDS_MORE,
    "retrieval-unavailable": NEEDS_MORE,
    overloaded: NEEDS_MORE,
  },
});

describeRetrievalContract("FaissRetrieval with a learned embedder", {
  open: async (documents) => {
    const folder = await corpusFolder();
    const { corpus, retrieval, close } = openFaiss({ directory: folder.path, embedder: new FakeLearnedEmbedding() });
    await putAll(corpus, documents);
    await corpus.settle(new AbortController().signal);
    return { port: retrieval, close: () => close().then(folder.remove) };
  },
  skip: {
    stall: "a learned embedder does not wait for anybody",
    "embedder-mismatch": NEEDS_MORE,
    "retrieval-unavailable": NEEDS_MORE,
    overloaded: NEEDS_MORE,
    ...Object.fromEntries(Object.keys(EMBEDDER_CODES).map((code) => [code, NO_VENDOR])),
  },
});

async function putAll(corpus: ReturnType<typeof openFaiss>["corpus"], documents: readonly ContractDocument[]) {
  for (let start = 0; start < documents.length; start += corpus.maxBatch) {
    const batch = documents.slice(start, start + corpus.maxBatch).map(inOneChunk);
    await corpus.put(batch, new AbortController().signal);
  }
}
