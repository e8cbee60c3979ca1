import { createEmbedding } from "../../adapters/outbound/bedrock/embedding.ts";
import { bedrockEmbeddingOptions } from "../../adapters/outbound/bedrock/options.ts";
import { LOOPBACK_KEYS, withAwsEnvironment } from "../support/aws-environment.ts";
import { bedrockFailure, replyEmbedding } from "../support/wires/bedrock-wire.ts";
import { startScriptedEmbedder } from "../support/wires/scripted-embedder.ts";
import { describeEmbeddingContract, EMBEDDING_CODES, type EmbeddingHarness } from "./embedding-contract.ts";

withAwsEnvironment(LOOPBACK_KEYS);

const MODELS = [
  ["amazon.titan-embed-text-v2:0", 512],
  ["cohere.embed-multilingual-v3", 1024],
  ["us.cohere.embed-v4:0", 256],
] as const;

for (const [model, dimensions] of MODELS) {
  const isTitan = model.startsWith("amazon.titan");
  const skip: EmbeddingHarness["skip"] = isTitan ? { purpose: "Titan embeds a query as it does a document" } : {};
  describeEmbeddingContract(`BedrockEmbedding of ${model}`, {
    open: async () => {
      const vendor = await startScriptedEmbedder((call) => replyEmbedding(call, dimensions));
      const endpoint = vendor.loopback.url;
      const port = createEmbedding(bedrockEmbeddingOptions.parse({ model, dimensions, endpoint, region: "us-east-1" }));
      return {
        ...vendor,
        port,
        provoke: Object.fromEntries(EMBEDDING_CODES.map((code) => [code, () => vendor.play(bedrockFailure(code))])),
        purposes: () =>
          vendor.loopback.calls.map(({ body }) => (body.input_type === "search_query" ? "query" : "document")),
        close: async () => {
          await port.close?.();
          await vendor.loopback.close();
        },
      };
    },
    skip,
    secrets: [LOOPBACK_KEYS.AWS_ACCESS_KEY_ID, LOOPBACK_KEYS.AWS_SECRET_ACCESS_KEY],
  });
}
