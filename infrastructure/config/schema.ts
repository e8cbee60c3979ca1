import { z } from "zod";
import { DEFAULT_CHUNK_SETTINGS } from "../../application/chunking/chunk-text.ts";
import { QUESTION_LIMITS } from "../../domain/question.ts";
import { keysSchema } from "../keys/settings.ts";
import { isStoreUrl, STORE_URLS } from "../snapshots/open-object-store.ts";
import { resilience } from "./resilience-schema.ts";

const MINUTE_MS = 60_000;
const MIB = 1_048_576;

const name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/u,
    "a name has 1 to 128 letters, digits, and . _ : / -, and begins with a letter or digit",
  );
/** Also the name of a folder, so it has no slash. */
const searchName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/u,
    "a search's name has 1 to 128 letters, digits, and . _ : -, and begins with a letter or digit",
  );
const headerName = z.string().regex(/^[A-Za-z0-9-]{1,64}$/u, "a header's name has 1 to 64 letters, digits and hyphens");

/** An adapter by its name, or by the path of a module; its other keys are the adapter's own options. */
const entry = z.looseObject({
  adapter: z.string().min(1).describe("name of an adapter, or the path of a module: ./mine.ts"),
});

/** Keys of a model, whatever its adapter; the adapter does not see them. */
export const modelSettings = z.strictObject({
  fallbacks: z
    .array(z.string().min(1))
    .default([])
    .describe("models that answer, one after the other, where this one cannot"),
});

const perMillion = z.number().min(0);

/** The key `price` of a model, or of one of its targets. */
export const priceSettings = z
  .strictObject({
    input: perMillion.describe("of the prompt's tokens"),
    output: perMillion.describe("of the answer's tokens"),
    cached_input: perMillion
      .optional()
      .describe("of the prompt's tokens that the vendor takes from its cache; default: as input"),
    cache_write: perMillion
      .optional()
      .describe("of the prompt's tokens that the vendor writes into its cache; default: as input"),
  })
  .describe("US dollars for a million tokens; without it no cost is told, and none counts against a budget");

/** Keys of one of a model's targets, whatever its adapter. */
export const targetSettings = z.strictObject({
  weight: z
    .number()
    .positive()
    .max(1_000)
    .default(1)
    .describe("its share of the calls, against the model's other targets"),
  price: priceSettings.optional(),
});

/** A model: one adapter with its options, or several targets of which each is that. */
const model = z
  .looseObject({
    adapter: z.string().min(1).exactOptional(),
    targets: z.array(entry).min(1).exactOptional(),
  })
  .superRefine(({ adapter, targets }, context) => {
    if ((adapter === undefined) !== (targets === undefined)) return;
    const message =
      adapter === undefined ? "is missing, and there are no targets either" : "cannot stand beside targets";
    context.addIssue({ code: "custom", path: ["adapter"], message });
  });

/** Keys of a search, whatever its adapter; the adapter does not see them. */
export const searchSettings = z.strictObject({
  on_failure: z
    .enum(["fail", "answer-ungrounded", "stale-cache"])
    .default("fail")
    .describe(
      "what happens where the engine fails: the error, an answer without passages that is marked so, or what was last found for the same query",
    ),
  snapshot: z
    .string()
    .refine((url) => url === "" || isStoreUrl(url), STORE_URLS)
    .default("")
    .describe("where snapshots are published that the search serves, s3://bucket/prefix; nobody can write to it then"),
  snapshot_interval_ms: z
    .int()
    .min(100)
    .max(60 * MINUTE_MS)
    .default(MINUTE_MS)
    .describe("time between two looks for another published snapshot"),
});

/** The key `rerank` of a search, whatever its adapter; the adapter does not see it. */
export const rerankSettings = z
  .strictObject({
    reranker: z.string().min(1).describe("name of an entry of rerankers"),
    candidates: z
      .int()
      .min(1)
      .max(QUESTION_LIMITS.topK)
      .default(50)
      .describe(
        "the engine's best passages that are ranked anew; where a request asks for more, the others follow them",
      ),
  })
  .describe("ranks the engine's best passages anew; without it they keep the engine's order");

const server = z.strictObject({
  host: z
    .string()
    .min(1)
    .default("127.0.0.1")
    .describe("address to listen on; 0.0.0.0 opens the service to the network"),
  port: z.int().min(0).max(65_535).default(8080),
  deadline_ms: z
    .int()
    .min(1)
    .max(60 * MINUTE_MS)
    .default(MINUTE_MS)
    .describe("time that one request may take"),
  shutdown_delay_ms: z
    .int()
    .min(0)
    .max(10 * MINUTE_MS)
    .exactOptional()
    .describe(
      "time after SIGTERM in which the service is not ready, but still accepts requests; default: 5000, and 0 where only this machine reaches it",
    ),
  drain_ms: z
    .int()
    .min(0)
    .max(10 * MINUTE_MS)
    .default(20_000)
    .describe("time that requests under way get after that"),
});

const limits = z.strictObject({
  body_bytes: z
    .int()
    .min(1_024)
    .max(64 * MIB)
    .default(2 * MIB),
  prompt_characters: z.int().min(1).default(8_000),
  system_characters: z.int().min(1).default(8_000),
  history_characters: z.int().min(1).default(64_000),
  document_characters: z.int().min(1).default(2_000_000),
  top_k: z.int().min(1).max(QUESTION_LIMITS.topK).default(QUESTION_LIMITS.topK),
  max_tokens: z.int().min(1).max(QUESTION_LIMITS.maxTokens).default(16_384),
});

const answer = z.strictObject({
  top_k: z
    .int()
    .min(1)
    .max(QUESTION_LIMITS.topK)
    .default(8)
    .describe("passages that are retrieved where the request does not say"),
  max_tokens: z.int().min(1).default(1_024).describe("bound of an answer where the request does not say"),
  source_tokens: z.int().min(256).default(6_000).describe("tokens of passages that a prompt holds at most"),
  abstain: z
    .boolean()
    .default(true)
    .describe("whether no model is asked where the passages are too far from the question to answer it"),
  follow_up_model: z
    .string()
    .min(1)
    .exactOptional()
    .describe("model that rewrites follow-up questions before they are searched for; without it a rule does"),
});

const field = z.string().min(1);

const fields = z
  .strictObject({
    id: field.exactOptional().describe("default: id, else _id; a row with neither is called by its file and line"),
    title: field.exactOptional().describe("default: title"),
    text: z
      .union([field, z.array(field).min(1)], "must be the name of a field, or a list of names")
      .exactOptional()
      .describe("one field, or several that are joined; default: text"),
    uri: field.exactOptional().describe("default: uri, else url; a row with neither has its file's path"),
    metadata: z
      .union([field, z.array(field)], "must be the name of a field, or a list of names")
      .exactOptional()
      .describe("fields to keep for filters; default: all that are nothing else"),
  })
  .describe("which fields of CSV, TSV and JSONL files become what of their documents");

const ingestion = z.strictObject({
  chunk_tokens: z
    .int()
    .min(32)
    .max(4_096)
    .default(DEFAULT_CHUNK_SETTINGS.targetTokens)
    .describe("tokens that a passage aims at"),
  max_chunk_tokens: z
    .int()
    .min(32)
    .max(8_192)
    .default(DEFAULT_CHUNK_SETTINGS.maxTokens)
    .describe("tokens that a passage never exceeds"),
  fields: fields.prefault({}),
});

const embeddingCache = z.strictObject({
  max_bytes: z
    .int()
    .min(0)
    .default(1_024 * MIB)
    .describe("bytes on disk of the vectors that are kept of passages, so that none is embedded twice; 0 keeps none"),
});

const answerCache = z.strictObject({
  max_bytes: z
    .int()
    .min(0)
    .default(0)
    .describe("bytes of memory for answers that are given again while the corpus stays the same; 0 keeps none"),
  max_age_seconds: z.int().min(1).default(3_600).describe("how long an answer is given again at most"),
  timeout_ms: z.int().min(1).max(5_000).default(50).describe("what looking into the cache may cost a request at most"),
  semantic: z
    .strictObject({
      embedder: z.string().min(1).describe("name of an entry of embedders, not one that learns from a corpus"),
      threshold: z.number().min(0.5).max(1).default(0.95).describe("cosine from which two questions mean the same"),
    })
    .exactOptional()
    .describe("answers questions that mean the same as an earlier one; without it only the very same question"),
});

const principal = z
  .strictObject({
    user_header: headerName.describe("header in which a trusted proxy puts the user's id"),
    groups_header: headerName.optional().describe("header in which it puts the groups, separated by commas"),
  })
  .describe("headers that a trusted proxy sets, and that callers cannot; without this nobody is a principal");

const metrics = z.strictObject({
  cloudwatch: z
    .strictObject({
      namespace: z
        .string()
        .regex(/^[A-Za-z0-9._/#-]{1,255}$/u, "must be 1 to 255 letters, digits, and . _ / # -")
        .default("Pharos"),
      service: z
        .string()
        .regex(/^(?:[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?)?$/u, "must be at most 255 characters of ASCII")
        .default("")
        .describe("value of the metrics' dimension Service; without it nothing is told"),
    })
    .prefault({})
    .describe("has the log hold a line a minute of which CloudWatch makes metrics"),
});

const sample = z.strictObject({
  corpus: searchName.describe("search that gets the sample while nothing was ever written to it"),
  paths: z.array(z.string().min(1)).min(1).describe("files and folders, relative to this file"),
});

/** `pharos.yaml`: strict, unknown keys are refused. Adapters' own options are checked by the adapters' schemas. */
export const configSchema = z
  .strictObject({
    $schema: z.string().optional(),
    server: server.prefault({}),
    limits: limits.prefault({}),
    answer: answer.prefault({}),
    ingestion: ingestion.prefault({}),
    embedding_cache: embeddingCache.prefault({}),
    answer_cache: answerCache.prefault({}),
    principal: principal.optional(),
    keys: keysSchema.default({}),
    keys_file: z
      .string()
      .min(1)
      .optional()
      .describe("file that holds more `keys`, relative to this one; read again whenever it changes"),
    anonymous: z
      .boolean()
      .default(false)
      .describe("whether the service may listen on an address that others reach although there are no keys"),
    metrics: metrics.prefault({}),
    resilience: resilience.prefault({}),
    models: z.record(name, model).default({}).describe("what llm_name can be"),
    embedders: z.record(name, entry).default({}).describe("what a search's embedder can be"),
    rerankers: z.record(name, entry).default({}).describe("what a search's rerank.reranker can be"),
    searches: z.record(searchName, entry).default({}).describe("what vector_search_type can be"),
    sample: sample.optional(),
  })
  .superRefine(({ answer, limits, ingestion, keys, keys_file, anonymous }, context) => {
    if (anonymous && (keys_file !== undefined || Object.keys(keys).length > 0))
      context.addIssue({ code: "custom", path: ["anonymous"], message: "where there are keys nobody is anonymous" });
    const atMost = (path: readonly [string, string], value: number, bound: string, max: number) => {
      if (value > max)
        context.addIssue({ code: "custom", path: [...path], message: `at most ${bound}, which is ${max}` });
    };
    atMost(["answer", "top_k"], answer.top_k, "limits.top_k", limits.top_k);
    atMost(["answer", "max_tokens"], answer.max_tokens, "limits.max_tokens", limits.max_tokens);
    atMost(
      ["ingestion", "chunk_tokens"],
      ingestion.chunk_tokens,
      "ingestion.max_chunk_tokens",
      ingestion.max_chunk_tokens,
    );
  });

export type ConfigFile = z.output<typeof configSchema>;
