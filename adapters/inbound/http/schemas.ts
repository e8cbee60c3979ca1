import { z } from "zod";
import { DOCUMENT_LIMITS } from "../../../domain/document.ts";
import { parseFilter } from "../../../domain/filter.ts";
import { QUESTION_LIMITS } from "../../../domain/question.ts";
import { parseReaders } from "../../../domain/readers.ts";
import { parseMetadata } from "./metadata.ts";
import type { DefaultAndMax, HttpLimits } from "./settings.ts";
import { foundProblems } from "./validation.ts";

/** Characters that the name of a model or of a search has at most. */
const NAME_LENGTH = 256;
/** Ids that one removal names at most. */
const MAX_REMOVED_IDS = 1_000;

export type GenerateBody = z.output<RequestSchemas["generate"]>;
export type SearchBody = z.output<RequestSchemas["search"]>;
export type RequestSchemas = ReturnType<typeof requestSchemas>;

/** The bodies that callers send, strict; built and compiled once, for the limits of the config. */
export function requestSchemas(limits: HttpLimits) {
  const prompt = text(limits.promptLength);
  const search = text(NAME_LENGTH);
  const topK = count(limits.topK);
  return {
    generate: z.compile(
      z.strictObject({
        prompt,
        llm_name: text(NAME_LENGTH),
        vector_search_type: search,
        top_k: topK,
        filter: filter.exactOptional(),
        max_tokens: count(limits.maxTokens),
        temperature: z.number().min(0).max(QUESTION_LIMITS.temperature).exactOptional(),
        system: text(limits.systemLength).exactOptional(),
        history: history(limits.historyLength).default([]),
        stream: z.boolean().exactOptional(),
      }),
    ),
    search: z.compile(
      z.strictObject({
        query: prompt,
        vector_search_type: search,
        top_k: topK,
        filter: filter.exactOptional(),
      }),
    ),
    removal: removal(),
    document: z.strictObject({
      title: text(DOCUMENT_LIMITS.titleLength).exactOptional(),
      text: text(limits.documentLength),
      uri: text(DOCUMENT_LIMITS.uriLength).exactOptional(),
      metadata: metadata.exactOptional(),
      readers: readers.exactOptional(),
    }),
  };
}

/** Exactly one of the two: documents by their ids, or by a filter. */
function removal() {
  const id = z.string().min(1, "must not be empty").max(DOCUMENT_LIMITS.idLength);
  const fields = z.strictObject({
    filter: filter.exactOptional(),
    ids: z.array(id).min(1, "must have at least one item").max(MAX_REMOVED_IDS).exactOptional(),
  });
  return fields.transform(({ filter: chosen, ids }, context) => {
    if (chosen !== undefined && ids === undefined) return { filter: chosen };
    if (chosen === undefined && ids !== undefined) return { ids };
    return foundProblems(context, [{ field: "", message: "must have either filter or ids" }]);
  });
}

/** Text with something to read in it. A lone surrogate is in no UTF-8, so it could not be passed on. */
function text(maxLength: number) {
  return z
    .string()
    .max(maxLength)
    .refine((value) => /\S/u.test(value), "must not be empty")
    .refine((value) => value.isWellFormed(), "must be well-formed Unicode");
}

function count({ default: fallback, max }: DefaultAndMax) {
  return z.number().refine(Number.isInteger, "must be a whole number").min(1).max(max).default(fallback);
}

function history(maxLength: number) {
  const turn = z.strictObject({ role: z.enum(["user", "assistant"]), content: text(maxLength) });
  return z
    .array(turn)
    .max(QUESTION_LIMITS.historyTurns)
    .refine(
      (turns) => turns.reduce((length, { content }) => length + content.length, 0) <= maxLength,
      `must have at most ${maxLength} characters in all`,
    );
}

const filter = z.unknown().transform((json, context) => {
  const { filter: parsed, problems } = parseFilter(json, "filter");
  return parsed ?? foundProblems(context, problems ?? []);
});

const metadata = z.unknown().transform((json, context) => {
  const { metadata: parsed, problems } = parseMetadata(json, "metadata");
  return parsed ?? foundProblems(context, problems ?? []);
});

const readers = z.unknown().transform((json, context) => {
  const { readers: parsed, problems } = parseReaders(json);
  return parsed ?? foundProblems(context, problems ?? []);
});
