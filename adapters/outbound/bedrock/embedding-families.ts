import { z } from "zod";
import type { EmbeddingRequest } from "../../../domain/ports/embedding-port.ts";
import type { EmbeddingFamilyName } from "./options.ts";

/** How one family of models is asked over InvokeModel, and what it answers. */
export interface EmbeddingFamily {
  /** Texts that one InvokeModel takes. */
  readonly textsPerCall: number;
  /** Texts that one `embed` takes: as many calls as are worth one wait. */
  readonly maxBatch: number;
  /** Characters of one text, past which Bedrock refuses the call without saying which text it was. */
  readonly maxCharacters: number;
  body(request: EmbeddingRequest, dimensions: number): Readonly<Record<string, unknown>>;
  /** Reads the vectors out of the reply's JSON, in the texts' order. */
  readonly reply: z.ZodType<readonly (readonly number[])[]>;
}

const vector = z.array(z.number());

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html; `purpose` makes no difference to it. */
const titanV2: EmbeddingFamily = {
  textsPerCall: 1,
  maxBatch: 64,
  maxCharacters: 50_000,
  body: ({ texts }, dimensions) => ({ inputText: texts[0], dimensions, normalize: true }),
  reply: z.object({ embedding: vector }).transform(({ embedding }) => [embedding]),
};

/** Both shapes that Cohere answers with: plain, or by type where types were asked for. */
const cohereReply = z
  .object({ embeddings: z.union([z.array(vector), z.object({ float: z.array(vector) })]) })
  .transform(({ embeddings }) => ("float" in embeddings ? embeddings.float : embeddings));

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v3.html. */
const cohereV3: EmbeddingFamily = {
  textsPerCall: 96,
  maxBatch: 8 * 96,
  maxCharacters: 2_048,
  body: ({ texts, purpose }) => ({ texts, input_type: `search_${purpose}`, truncate: "NONE" }),
  reply: cohereReply,
};

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v4.html */
const cohereV4: EmbeddingFamily = {
  ...cohereV3,
  // 128,000 tokens, which no count of characters stands for: the model itself refuses what is longer.
  maxCharacters: Number.POSITIVE_INFINITY,
  body: ({ texts, purpose }, dimensions) => ({
    texts,
    input_type: `search_${purpose}`,
    truncate: "NONE",
    embedding_types: ["float"],
    output_dimension: dimensions,
  }),
};

export const EMBEDDING_FAMILIES: Readonly<Record<EmbeddingFamilyName, EmbeddingFamily>> = {
  "titan-v2": titanV2,
  "cohere-v3": cohereV3,
  "cohere-v4": cohereV4,
};
