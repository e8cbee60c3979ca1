import { z } from "zod";

/** The ONNX file of each `dtype`, as the Hub names them. */
export const ONNX_FILES = {
  fp32: "model.onnx",
  fp16: "model_fp16.onnx",
  q8: "model_quantized.onnx",
  int8: "model_int8.onnx",
  uint8: "model_uint8.onnx",
  q4: "model_q4.onnx",
  q4f16: "model_q4f16.onnx",
  bnb4: "model_bnb4.onnx",
} as const;

/** A folder by its path, or a model of the Hub by its name. */
const MODEL = /^(?:\.{1,2}\/.*|\/.*|[\w.-]+\/[\w.-]+)$/u;

/** Options of an embedding model that runs on this machine. */
export const transformersOptions = z.strictObject({
  model: z
    .string()
    .regex(MODEL, "must be a folder (./models/e5, /srv/models/e5) or a model of the Hugging Face Hub (owner/name)")
    .describe("A folder with the model, relative to the config's (./models/e5), or its name on the Hugging Face Hub."),
  dimensions: z.int().min(1).describe("Dimensions of the model's vectors."),
  pooling: z
    .enum(["mean", "cls", "last"])
    .default("mean")
    .describe("How tokens become one vector: their mean, the first, or the last; the model's card says which."),
  dtype: z
    .enum(["fp32", "fp16", "q8", "int8", "uint8", "q4", "q4f16", "bnb4"] as const satisfies (keyof typeof ONNX_FILES)[])
    .default("fp32")
    .describe("Which of the model's ONNX files is read: fp32 is onnx/model.onnx, q8 is onnx/model_quantized.onnx."),
  max_tokens: z
    .int()
    .min(4)
    .max(131_072)
    .optional()
    .describe("Tokens of a text that are read, where that is fewer than the model takes; the rest is left out."),
  query_prefix: z
    .string()
    .default("")
    .describe('What the model wants to stand before a query, for example "query: " for E5.'),
  document_prefix: z
    .string()
    .default("")
    .describe('What the model wants to stand before a passage, for example "passage: " for E5.'),
  allow_download: z
    .boolean()
    .default(false)
    .describe("Whether a model of the Hub may be downloaded, once, into the data folder."),
  hub_url: z
    .url({ protocol: /^https?$/, error: "must be an http or https URL" })
    .default("https://huggingface.co")
    .describe("Where the Hub stands, or a mirror of it."),
});

export type TransformersOptions = z.output<typeof transformersOptions>;
