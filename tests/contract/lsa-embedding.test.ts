import { LsaEmbedding } from "../../adapters/outbound/lsa/embedding.ts";
import { describeEmbeddingContract } from "./embedding-contract.ts";

const NO_VENDOR = "there is no vendor";

describeEmbeddingContract("LsaEmbedding", {
  open: async () => {
    const lsa = new LsaEmbedding({ dimensions: 16 });
    const sample = [
      "the lighthouse stands on the island",
      "fog lies over the harbour",
      "灯台は島に立っている",
      "text 7",
    ];
    const { signal } = new AbortController();
    const port = await lsa.open(await lsa.fit(sample, signal), signal);
    return { port, close: () => lsa.close() };
  },
  skip: {
    purpose: "the model embeds both alike",
    stall: "a batch is a few milliseconds of arithmetic",
    "rate-limited": NO_VENDOR,
    "vendor-auth": NO_VENDOR,
    "vendor-rejected": NO_VENDOR,
    "vendor-unavailable": "only a thread's death brings it about, which its own tests see to",
    "vendor-reply-invalid": NO_VENDOR,
  },
});
