import { z } from "zod";
import { FEATURES, type FeatureName } from "./features.ts";

/** What a header may hold without being written in another way. */
const headerText = z.string().regex(/^[!-~]+$/u, "must be of visible ASCII characters, without spaces");

const account = {
  model: z.string().min(1).describe("The model's name at the vendor, for example gpt-4o."),
  api_key: headerText.describe("The vendor's API key; give it as a variable of the environment."),
  base_url: z
    .url({ protocol: /^https?$/, error: "must be an http or https URL" })
    .default("https://api.openai.com/v1")
    .describe("Where the API stands, with its version: any server that speaks the OpenAI API."),
  organization: headerText.optional().describe("The organization that pays, for keys that belong to several."),
};

/** Options of a model behind the OpenAI API. */
export const openaiCompletionOptions = z.strictObject({
  ...account,
  context_tokens: z.int().min(1).describe("Tokens that prompt and answer may have together."),
  unsupported: z
    .array(z.enum(Object.keys(FEATURES) as FeatureName[]))
    .default([])
    .describe("What the model or its server does not take: it is refused, or left out with a warning in the answer."),
  temperature: z
    .enum(["supported", "unsupported"])
    .default("supported")
    .describe("unsupported says the same as temperature in the list `unsupported`."),
});

export type OpenAICompletionOptions = z.output<typeof openaiCompletionOptions>;

/** Options of an embedding model behind the OpenAI API. */
export const openaiEmbeddingOptions = z.strictObject({
  ...account,
  dimensions: z
    .int()
    .min(1)
    .describe("Dimensions of its vectors. A text-embedding-3 model is asked for as many; any other has to have them."),
  max_concurrency: z
    .int()
    .min(1)
    .max(256)
    .default(8)
    .describe("Calls that are under way at once; a query goes before passages that wait."),
});

export type OpenAIEmbeddingOptions = z.output<typeof openaiEmbeddingOptions>;
