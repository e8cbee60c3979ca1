import type { Container } from "inversify";
import type { Answers } from "../../application/answers.ts";
import type { AdapterFactory } from "../../domain/ports/adapter-factory.ts";
import type { Config } from "../config/load.ts";
import { ConfigError } from "../config/problems.ts";
import type { Embedder } from "../container/registry.ts";
import { EMBEDDING } from "../container/tokens.ts";
import { type AnswerCacheSettings, CachedAnswers } from "./cached-answers.ts";

/**
 * The answers behind the cache that the config wants; as they are where it wants none.
 * @throws ConfigError where the embedder that is to tell what questions mean learns from a corpus
 */
export function withAnswerCache(
  answers: Answers,
  config: Config,
  adapters: AdapterFactory,
  container: Container,
): Answers {
  const { max_bytes: maxBytes, max_age_seconds: seconds, timeout_ms: timeoutMs } = config.answer_cache;
  if (maxBytes === 0) return answers;
  const semantic = semanticOf(config, container);
  const settings = { maxBytes, maxAgeMs: seconds * 1_000, timeoutMs, ...(semantic === undefined ? {} : { semantic }) };
  return new CachedAnswers(answers, versionsOf(adapters), settings);
}

/** Of a search whose documents Pharos does not keep nobody tells when they change. */
function versionsOf(adapters: AdapterFactory) {
  return async (search: string, signal: AbortSignal) =>
    adapters.corpora.includes(search) ? adapters.corpus(search).version(signal) : undefined;
}

/** Undefined also where the embedder's variables are missing: it is told as left out already. */
function semanticOf(config: Config, container: Container): AnswerCacheSettings["semantic"] {
  const { semantic } = config.answer_cache;
  if (semantic === undefined || !container.isBound(EMBEDDING, { name: semantic.embedder })) return undefined;
  const embedder = container.get<Embedder>(EMBEDDING, { name: semantic.embedder });
  if (embedder.kind === "fixed") return { embedder, threshold: semantic.threshold };
  const message = `the embedder ${semantic.embedder} learns from a corpus, and cannot compare questions without one`;
  throw new ConfigError(config.file, [{ field: "answer_cache.semantic.embedder", message }]);
}
