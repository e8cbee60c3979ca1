import type { z } from "zod";
import {
  bedrockCompletionOptions,
  bedrockEmbeddingOptions,
  bedrockRerankOptions,
} from "../../adapters/outbound/bedrock/options.ts";
import { extractiveOptions } from "../../adapters/outbound/extractive/options.ts";
import { faissOptions } from "../../adapters/outbound/faiss/options.ts";
import { kendraOptions } from "../../adapters/outbound/kendra/options.ts";
import { lsaOptions } from "../../adapters/outbound/lsa/options.ts";
import { openaiCompletionOptions, openaiEmbeddingOptions } from "../../adapters/outbound/openai/options.ts";
import { problemsOfModel } from "../../adapters/outbound/transformers/model-files.ts";
import { transformersOptions } from "../../adapters/outbound/transformers/options.ts";
import type { Problem } from "../../domain/errors.ts";
import type { Log } from "../../domain/log.ts";
import type { CompletionPort } from "../../domain/ports/completion-port.ts";
import type { CorpusPort } from "../../domain/ports/corpus-port.ts";
import type { EmbeddingPort, LearnedEmbeddingPort } from "../../domain/ports/embedding-port.ts";
import type { RerankPort } from "../../domain/ports/rerank-port.ts";
import type { RetrievalPort } from "../../domain/ports/retrieval-port.ts";
import type { SnapshotPort } from "../../domain/ports/snapshot-port.ts";
import type { TokenizerPort } from "../../domain/ports/tokenizer-port.ts";
import type { TuningPort } from "../../domain/ports/tuning-port.ts";
import { check } from "../config/problems.ts";

/** What an adapter may use besides its own options. */
export interface AdapterContext {
  /** Folder of its own for whatever it writes; made by the adapter when it first writes. */
  readonly directory: string;
  /** Folder of the config file: relative paths in its options start there. */
  readonly configDirectory: string;
  readonly tokenizer: TokenizerPort;
  readonly log: Log;
  /** Whether a corpus may be learned from before `settle` asks for it. */
  readonly learnsUnasked: boolean;
  /** Version of Pharos. */
  readonly version: string;
  /** The embedder of this name in the config, one instance for all who ask. */
  embedder(name: string): Embedder;
}

export type Embedder = EmbeddingPort | LearnedEmbeddingPort;

/** A search engine: the side that finds, where Pharos can write to it the side that keeps, and snapshots where it can make them. */
export interface Search {
  readonly retrieval: RetrievalPort;
  readonly corpus?: CorpusPort;
  /** Where its ranking can be chosen. */
  readonly tuning?: TuningPort;
  readonly snapshots?: SnapshotPort;
}

type Create<Options, Made> = (options: Options, context: AdapterContext) => Made;

/** Options that were checked, and the way to an instance made with them; or everything that is wrong with them. */
export type Prepared<Made> =
  | { readonly problems: readonly Problem[]; readonly load?: never }
  | { readonly load: () => Promise<(context: AdapterContext) => Made>; readonly problems?: never };

/** One line of the registry: the schema is light and always there, the code and its SDK are loaded only where the config names them. */
export interface AdapterDefinition<Made> {
  readonly options: z.ZodType;
  /** @param configDirectory where relative paths in the options start */
  prepare(options: unknown, configDirectory: string): Prepared<Made>;
}

/** @param problemsOf what is wrong with options that their schema takes, such as a file that is not there */
export function defineAdapter<Schema extends z.ZodType, Made>(
  options: Schema,
  load: () => Promise<Create<z.output<Schema>, Made>>,
  problemsOf: (options: z.output<Schema>, configDirectory: string) => readonly Problem[] = () => [],
): AdapterDefinition<Made> {
  return {
    options,
    prepare(json, configDirectory) {
      const parsed = check(options, json);
      if (parsed.problems !== undefined) return { problems: parsed.problems };
      const problems = problemsOf(parsed.data, configDirectory);
      if (problems.length > 0) return { problems };
      return {
        async load() {
          const create = await load();
          return (context) => create(parsed.data, context);
        },
      };
    },
  };
}

type Definitions<Made> = Readonly<Record<string, AdapterDefinition<Made>>>;

export const completionAdapters: Definitions<CompletionPort> = {
  openai: defineAdapter(
    openaiCompletionOptions,
    async () => (await import("../../adapters/outbound/openai/completion.ts")).createCompletion,
  ),
  bedrock: defineAdapter(
    bedrockCompletionOptions,
    async () => (await import("../../adapters/outbound/bedrock/completion.ts")).createCompletion,
  ),
  extractive: defineAdapter(
    extractiveOptions,
    async () => (await import("../../adapters/outbound/extractive/completion.ts")).createCompletion,
  ),
};

export const embeddingAdapters: Definitions<Embedder> = {
  openai: defineAdapter(
    openaiEmbeddingOptions,
    async () => (await import("../../adapters/outbound/openai/embedding.ts")).createEmbedding,
  ),
  bedrock: defineAdapter(
    bedrockEmbeddingOptions,
    async () => (await import("../../adapters/outbound/bedrock/embedding.ts")).createEmbedding,
  ),
  lsa: defineAdapter(
    lsaOptions,
    async () => (await import("../../adapters/outbound/lsa/embedding.ts")).createEmbedding,
  ),
  transformers: defineAdapter(
    transformersOptions,
    async () => (await import("../../adapters/outbound/transformers/embedding.ts")).createEmbedding,
    problemsOfModel,
  ),
};

export const rerankAdapters: Definitions<RerankPort> = {
  bedrock: defineAdapter(
    bedrockRerankOptions,
    async () => (await import("../../adapters/outbound/bedrock/rerank.ts")).createReranker,
  ),
};

export const searchAdapters: Definitions<Search> = {
  faiss: defineAdapter(
    faissOptions,
    async () => (await import("../../adapters/outbound/faiss/adapter.ts")).createSearch,
  ),
  kendra: defineAdapter(
    kendraOptions,
    async () => (await import("../../adapters/outbound/kendra/retrieval.ts")).createSearch,
  ),
};
