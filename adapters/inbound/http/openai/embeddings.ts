import { z } from "zod";
import { WorkPacer } from "../../../../application/chunking/work-pacer.ts";
import { type Problem, ServiceError } from "../../../../domain/errors.ts";
import type { AdapterFactory } from "../../../../domain/ports/adapter-factory.ts";
import type { EmbeddingPort, EmbeddingRequest } from "../../../../domain/ports/embedding-port.ts";
import { readJson } from "../body.ts";
import type { BoundedHandler } from "../deadline.ts";
import type { HttpSettings } from "../settings.ts";
import { text } from "./content.ts";
import { ParameterError } from "./errors.ts";
import { readParameters } from "./parameters.ts";

/** Characters that the name of an embedder has at most. */
const NAME_LENGTH = 256;
/** Texts of one request at most: https://developers.openai.com/api/reference/resources/embeddings */
const MAX_TEXTS = 2_048;

type EmbeddingsBody = z.output<typeof embeddingsSchema>;

/** The body of `POST /v1/embeddings`, strict. */
export const embeddingsSchema = z.strictObject({
  model: z.string().min(1, "must not be empty").max(NAME_LENGTH),
  input: z.preprocess(
    (input) => (typeof input === "string" ? [input] : input),
    z.array(text).min(1, "must have at least one text").max(MAX_TEXTS),
  ),
  encoding_format: z.enum(["float", "base64"]).default("float"),
  dimensions: z.number().exactOptional(),
  input_type: z.enum(["query", "document"]).default("document"),
  user: z.unknown().optional(),
});

/** `POST /v1/embeddings`: the vectors of texts, by an embedder of the config whose space does not hang on a corpus. */
export function embeddings(adapters: AdapterFactory, { limits }: HttpSettings): BoundedHandler {
  return async (context, signal) => {
    const body = readParameters(embeddingsSchema, await readJson(context.env.direct.incoming, limits.bodyBytes), {});
    const embedder = adapters.embedding(body.model);
    refuseOtherDimensions(body, embedder);
    const data = await embedAll(body, embedder, signal);
    const model = JSON.stringify(body.model);
    // The port does not count tokens.
    const rest = `"model":${model},"usage":{"prompt_tokens":0,"total_tokens":0}`;
    return context.body(`{"object":"list","data":[${data.join(",")}],${rest}}`, 200, {
      "content-type": "application/json",
    });
  };
}

/** Whether a part of a vector is as good as a shorter vector is known of few models, and by no port. */
function refuseOtherDimensions({ dimensions, model }: EmbeddingsBody, embedder: EmbeddingPort): void {
  if (dimensions === undefined || dimensions === embedder.dimensions) return;
  const message = `must be ${embedder.dimensions}, which is what ${model} gives, or be left out`;
  throw new ParameterError([{ field: "dimensions", message, code: "unsupported_parameter" }]);
}

/** The items of `data` as JSON, in the texts' order: in batches that the embedder takes, written while others get their turn. */
async function embedAll(body: EmbeddingsBody, embedder: EmbeddingPort, signal: AbortSignal): Promise<string[]> {
  const { input, input_type: purpose, encoding_format: format } = body;
  const pacer = new WorkPacer(signal);
  const items: string[] = [];
  for (let start = 0; start < input.length; start += embedder.maxBatch) {
    const texts = input.slice(start, start + embedder.maxBatch);
    for (const vector of await embedBatch(embedder, { texts, purpose }, start, signal)) {
      await pacer.pause();
      const written = format === "base64" ? `"${base64Of(vector)}"` : `[${vector.join(",")}]`;
      items.push(`{"object":"embedding","index":${items.length},"embedding":${written}}`);
    }
  }
  return items;
}

/** One batch; what is wrong with a text is told by its place in the request. */
async function embedBatch(embedder: EmbeddingPort, request: EmbeddingRequest, start: number, signal: AbortSignal) {
  try {
    return await embedder.embed(request, signal);
  } catch (error) {
    if (!(error instanceof ServiceError) || error.code !== "invalid-request") throw error;
    throw new ParameterError(error.problems.map((problem) => ({ ...inInput(problem, start), code: "invalid_value" })));
  }
}

function inInput({ field, message }: Problem, start: number): Problem {
  const at = /^texts\[(\d+)\]$/u.exec(field)?.[1];
  return { field: at === undefined ? "input" : `input[${start + Number(at)}]`, message };
}

/** 32-bit floats, little-endian, as all machines that Pharos runs on have them. */
function base64Of(vector: Float32Array): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString("base64");
}
