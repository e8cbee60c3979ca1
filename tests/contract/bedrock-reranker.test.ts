import { bedrockRerankOptions } from "../../adapters/outbound/bedrock/options.ts";
import { createReranker } from "../../adapters/outbound/bedrock/rerank.ts";
import { LOOPBACK_KEYS, withAwsEnvironment } from "../support/aws-environment.ts";
import { RERANK_MODELS, RERANK_REGION, replyRerank } from "../support/wires/bedrock-rerank-wire.ts";
import { bedrockFailure } from "../support/wires/bedrock-wire.ts";
import { startScriptedEmbedder } from "../support/wires/scripted-embedder.ts";
import { describeRerankContract, RERANK_CODES } from "./rerank-contract.ts";

withAwsEnvironment(LOOPBACK_KEYS);

/** A vendor that has every answer on one page, and one that has it on three. */
const PAGES = [
  ["whole", 1],
  ["in pages", 3],
] as const;

for (const model of RERANK_MODELS) {
  for (const [how, pages] of PAGES) {
    describeRerankContract(`BedrockReranker of ${model}, answered ${how},`, {
      open: async () => {
        const vendor = await startScriptedEmbedder((call) => replyRerank(call, pages));
        const endpoint = vendor.loopback.url;
        const port = createReranker(bedrockRerankOptions.parse({ model, endpoint, region: RERANK_REGION }));
        return {
          ...vendor,
          port,
          provoke: Object.fromEntries(RERANK_CODES.map((code) => [code, () => vendor.play(bedrockFailure(code))])),
          close: async () => {
            await port.close?.();
            await vendor.loopback.close();
          },
        };
      },
      secrets: [LOOPBACK_KEYS.AWS_ACCESS_KEY_ID, LOOPBACK_KEYS.AWS_SECRET_ACCESS_KEY],
    });
  }
}
