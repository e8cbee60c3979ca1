import { createEmbedding } from "../../adapters/outbound/openai/embedding.ts";
import { openaiEmbeddingOptions } from "../../adapters/outbound/openai/options.ts";
import { openaiFailure, replyEmbeddings } from "../support/wires/openai-wire.ts";
import { startScriptedEmbedder } from "../support/wires/scripted-embedder.ts";
import { wordTokenizer } from "../support/word-tokenizer.ts";
import { describeEmbeddingContract, EMBEDDING_CODES } from "./embedding-contract.ts";

const DIMENSIONS = 256;

describeEmbeddingContract("OpenAIEmbedding", {
  open: async () => {
    const vendor = await startScriptedEmbedder((call) => replyEmbeddings(call, DIMENSIONS));
    const options = openaiEmbeddingOptions.parse({
      model: "text-embedding-3-small",
      api_key: "sk-loopback-secret",
      base_url: `${vendor.loopback.url}/v1`,
      dimensions: DIMENSIONS,
    });
    return {
      ...vendor,
      port: createEmbedding(options, { tokenizer: wordTokenizer }),
      provoke: Object.fromEntries(EMBEDDING_CODES.map((code) => [code, () => vendor.play(openaiFailure(code))])),
      close: () => vendor.loopback.close(),
    };
  },
  skip: { purpose: "the API embeds a query as it does a document" },
  secrets: ["sk-loopback-secret"],
});
