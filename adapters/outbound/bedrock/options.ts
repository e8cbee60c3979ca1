import { z } from "zod";

const account = {
  region: z.string().min(1).describe("The AWS region that is asked, for example us-east-1."),
  endpoint: z
    .url({ protocol: /^https?$/, error: "must be an http or https URL" })
    .optional()
    .describe("Where Bedrock stands, where that is not the region's own address; else the AWS SDK's variables count."),
};

const model = z.string().min(1).describe("A model id, an inference profile's id, or the ARN of one.");

/** What a family of models may not take of what Converse has. */
const BEDROCK_FEATURES = [
  "temperature",
  "top_p",
  "stop",
  "tools",
  "tool_choice",
  "images",
  "response_format",
  "reasoning_effort",
  "system_prompt",
] as const;

export type BedrockFeature = (typeof BEDROCK_FEATURES)[number];

/** Options of a model behind Bedrock's Converse. Credentials come from the AWS SDK's own chain. */
export const bedrockCompletionOptions = z.strictObject({
  model,
  ...account,
  context_tokens: z.int().min(1).describe("Tokens that prompt and answer may have together."),
  unsupported: z
    .array(z.enum(BEDROCK_FEATURES))
    .default([])
    .describe(
      "What the model does not take. A system prompt then opens the first message; the rest is refused, or left out with a warning.",
    ),
  temperature: z
    .enum(["supported", "unsupported"])
    .default("supported")
    .describe("unsupported says the same as temperature in the list `unsupported`."),
  system_prompt: z
    .enum(["supported", "unsupported"])
    .default("supported")
    .describe("unsupported says the same as system_prompt in the list `unsupported`."),
  prompt_cache: z
    .array(z.enum(["system", "tools"]))
    .default([])
    .describe(
      "What ends in a cache point: [system, tools] for Claude, [system] for Nova, and nothing for other models.",
    ),
});

export type BedrockCompletionOptions = z.output<typeof bedrockCompletionOptions>;

/** How a family of embedding models is told by its id, and the dimensions that it offers. */
const FAMILIES = {
  "titan-v2": { idPart: /amazon\.titan-embed-text-v2/u, dimensions: [256, 512, 1024] },
  "cohere-v3": { idPart: /cohere\.embed-\w+-v3/u, dimensions: [1024] },
  "cohere-v4": { idPart: /cohere\.embed-v4/u, dimensions: [256, 512, 1024, 1536] },
} as const;

export type EmbeddingFamilyName = keyof typeof FAMILIES;
const FAMILY_NAMES = ["titan-v2", "cohere-v3", "cohere-v4"] as const satisfies readonly EmbeddingFamilyName[];

/** Options of an embedding model behind Bedrock's InvokeModel. Credentials come from the AWS SDK's own chain. */
export const bedrockEmbeddingOptions = z
  .strictObject({
    model,
    ...account,
    family: z
      .enum(FAMILY_NAMES)
      .optional()
      .describe("How the model wants to be asked; needed only where its id does not tell, as an ARN may not."),
    dimensions: z
      .int()
      .min(1)
      .describe(
        "Dimensions of its vectors. Titan v2: 256, 512, 1024; Cohere v3: 1024; Cohere v4: 256, 512, 1024, 1536.",
      ),
    max_concurrency: z
      .int()
      .min(1)
      .max(256)
      .default(8)
      .describe("Calls that are under way at once; a query goes before passages that wait."),
  })
  .superRefine((options, context) => {
    const family = familyOf(options);
    const refuse = (field: string, message: string) => context.addIssue({ code: "custom", path: [field], message });
    if (family === undefined) {
      refuse("family", `is needed, since the model's id does not tell: one of ${FAMILY_NAMES.join(", ")}`);
    } else if (!FAMILIES[family].dimensions.some((offered) => offered === options.dimensions)) {
      refuse("dimensions", `must be one of ${FAMILIES[family].dimensions.join(", ")} for ${family}`);
    }
  });

export type BedrockEmbeddingOptions = z.output<typeof bedrockEmbeddingOptions>;

/** The family that the options name, or that the model's id tells; undefined where neither does. */
export function familyOf(options: {
  readonly family?: EmbeddingFamilyName | undefined;
  readonly model: string;
}): EmbeddingFamilyName | undefined {
  return options.family ?? FAMILY_NAMES.find((name) => FAMILIES[name].idPart.test(options.model));
}

/** Options of a model behind Bedrock's Rerank. Credentials come from the AWS SDK's own chain. */
export const bedrockRerankOptions = z.strictObject({
  model: z
    .string()
    .min(1)
    .describe("A reranker's model id, such as cohere.rerank-v3-5:0 or amazon.rerank-v1:0, or its ARN."),
  ...account,
});

export type BedrockRerankOptions = z.output<typeof bedrockRerankOptions>;
