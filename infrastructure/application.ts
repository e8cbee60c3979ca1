import { relative, resolve } from "node:path";
import { DocumentReader } from "../adapters/outbound/documents/document-reader.ts";
import { GptTokenizer } from "../adapters/outbound/tokenizer/tokenizer.ts";
import { AnswerQuestion } from "../application/answer-question.ts";
import { IngestDocuments } from "../application/ingest-documents.ts";
import { SearchPassages } from "../application/search-passages.ts";
import type { Log } from "../domain/log.ts";
import type { TokenizerPort } from "../domain/ports/tokenizer-port.ts";
import type { Config } from "./config/load.ts";
import { ConfiguredAdapters } from "./container/configured-adapters.ts";
import { buildContainer } from "./container/container.ts";

/** The use cases over the adapters that a config names. */
export interface Application {
  readonly adapters: ConfiguredAdapters;
  readonly answerQuestion: AnswerQuestion;
  readonly searchPassages: SearchPassages;
  readonly documents: IngestDocuments;
  readonly tokenizer: TokenizerPort;
  /** Closes every adapter that was made. */
  close(): Promise<void>;
}

export async function buildApplication(config: Config, log: Log): Promise<Application> {
  const tokenizer = new GptTokenizer();
  const container = await buildContainer(config, tokenizer, log);
  const adapters = new ConfiguredAdapters(config, container);
  const { chunk_tokens: targetTokens, max_chunk_tokens: maxTokens } = config.ingestion;
  return {
    adapters,
    tokenizer,
    answerQuestion: new AnswerQuestion(adapters, tokenizer, { sourceTokens: config.answer.source_tokens }),
    searchPassages: new SearchPassages(adapters),
    documents: new IngestDocuments(adapters, new DocumentReader(), tokenizer, { targetTokens, maxTokens }),
    close: () => container.unbindAllAsync(),
  };
}

/**
 * Puts the config's sample into its corpus where nothing was ever written to it. Returns when the documents are kept and
 * can be found; what the index does afterwards goes on behind.
 */
export async function ingestSample(
  config: Config,
  { adapters, documents }: Application,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const { sample } = config;
  if (sample === undefined || !adapters.corpora.includes(sample.corpus)) return;
  const { generation } = await adapters.corpus(sample.corpus).describe(signal);
  if (generation > 0) return;
  const paths = sample.paths.map((path) => fromWorkingFolder(resolve(config.directory, path)));
  const report = await documents.ingest({ corpus: sample.corpus, paths, settle: false }, signal);
  log.info({ corpus: sample.corpus, documents: report.added, failed: report.failed }, "sample ingested");
}

/** Citations show these paths: short ones where the service runs beside its config. */
function fromWorkingFolder(path: string): string {
  const short = relative("", path);
  return short.startsWith("..") ? path : short;
}
