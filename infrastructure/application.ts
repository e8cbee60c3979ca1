import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { DocumentReader } from "../adapters/outbound/documents/document-reader.ts";
import { GptTokenizer } from "../adapters/outbound/tokenizer/tokenizer.ts";
import { AnswerQuestion, type AnswerSettings } from "../application/answer-question.ts";
import type { Answers } from "../application/answers.ts";
import { CompleteChat } from "../application/complete-chat.ts";
import { IngestDocuments } from "../application/ingest-documents.ts";
import { SearchPassages } from "../application/search-passages.ts";
import { SyncDocuments } from "../application/sync-documents.ts";
import type { FieldMapping } from "../domain/field-mapping.ts";
import type { Log } from "../domain/log.ts";
import type { TokenizerPort } from "../domain/ports/tokenizer-port.ts";
import { withAnswerCache } from "./answer-cache/configured-cache.ts";
import type { Config } from "./config/load.ts";
import { ConfiguredAdapters } from "./container/configured-adapters.ts";
import { buildContainer } from "./container/container.ts";
import { UsageRecorder } from "./metering/usage-recorder.ts";
import { watchBreakers } from "./telemetry/breaker-metrics.ts";
import { Metrics } from "./telemetry/metrics.ts";
import { countUsage } from "./telemetry/usage-metrics.ts";

/** The use cases over the adapters that a config names. */
export interface Application {
  readonly adapters: ConfiguredAdapters;
  readonly answers: Answers;
  readonly chat: CompleteChat;
  readonly searchPassages: SearchPassages;
  readonly documents: IngestDocuments;
  /** Also writes into corpora that follow a snapshot: until there is one. */
  readonly sampleDocuments: IngestDocuments;
  readonly syncDocuments: SyncDocuments;
  readonly tokenizer: TokenizerPort;
  readonly metrics: Metrics;
  /** Tells what each call of a model used. */
  readonly usage: UsageRecorder;
  /** Closes every adapter that was made. */
  close(): Promise<void>;
}

/** `learnsUnasked`: see AdapterContext. Default: true. */
export async function buildApplication(config: Config, log: Log, learnsUnasked = true): Promise<Application> {
  const tokenizer = new GptTokenizer();
  const metrics = new Metrics();
  const usage = new UsageRecorder(tokenizer);
  const container = await buildContainer(config, tokenizer, log, metrics, usage, learnsUnasked);
  const adapters = new ConfiguredAdapters(config, container);
  usage.subscribe(countUsage(metrics.registry));
  watchBreakers(metrics.registry, () => adapters.status());
  const { chunk_tokens: targetTokens, max_chunk_tokens: maxTokens, fields } = config.ingestion;
  const reader = new DocumentReader({ fields: fieldMapping(fields) });
  const chunkSettings = { targetTokens, maxTokens };
  const answers = withAnswerCache(
    new AnswerQuestion(adapters, tokenizer, answerSettings(config)),
    config,
    adapters,
    container,
  );
  return {
    adapters,
    tokenizer,
    metrics,
    answers,
    chat: new CompleteChat(adapters, answers, { maxTokens: config.answer.max_tokens }),
    searchPassages: new SearchPassages(adapters),
    documents: new IngestDocuments(adapters, reader, tokenizer, chunkSettings),
    sampleDocuments: new IngestDocuments(
      { corpus: (name) => adapters.ownCorpus(name) },
      reader,
      tokenizer,
      chunkSettings,
    ),
    syncDocuments: new SyncDocuments(adapters, reader, tokenizer, chunkSettings),
    usage,
    async close() {
      await container.unbindAllAsync();
      usage.close();
    },
  };
}

function answerSettings({ answer, searches }: Config): AnswerSettings {
  const { source_tokens: sourceTokens, abstain: abstains, follow_up_model: followUpModel } = answer;
  const ungroundedSearches = searches
    .filter(({ onFailure }) => onFailure === "answer-ungrounded")
    .map(({ name }) => name);
  return { sourceTokens, abstains, ungroundedSearches, ...(followUpModel === undefined ? {} : { followUpModel }) };
}

/** One field or several, as the config has them, are a list. */
function fieldMapping({ text, metadata, ...single }: Config["ingestion"]["fields"]): FieldMapping {
  return {
    ...single,
    ...(text === undefined ? {} : { text: [text].flat() }),
    ...(metadata === undefined ? {} : { metadata: [metadata].flat() }),
  };
}

/**
 * Puts the config's sample into its corpus where nothing was ever written to it, or where an earlier start did not come to
 * the sample's end. Returns when the documents are kept and can be found; what the index does afterwards goes on behind.
 * A failure is logged and nothing more: the service can do without its sample.
 */
export async function ingestSample(
  config: Config,
  application: Application,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const { sample } = config;
  if (sample === undefined || !application.adapters.corpora.includes(sample.corpus)) return;
  try {
    const unfinished = join(config.dataDirectory, UNFINISHED_SAMPLE);
    const { generation } = await application.adapters.corpus(sample.corpus).describe(signal);
    if (generation > 0 && !existsSync(unfinished)) return;
    await writeFile(unfinished, "");
    const paths = sample.paths.map((path) => fromWorkingFolder(resolve(config.directory, path)));
    const report = await application.sampleDocuments.ingest({ corpus: sample.corpus, paths, settle: false }, signal);
    await rm(unfinished, { force: true });
    log.info({ corpus: sample.corpus, documents: report.added, failed: report.failed }, "sample ingested");
  } catch (error) {
    log.error({ corpus: sample.corpus, error }, "the sample could not be ingested; the next start tries again");
  }
}

/** File of the data folder that is there from the sample's begin to its end. */
const UNFINISHED_SAMPLE = ".sample-unfinished";

/** Citations show these paths: short ones where the service runs beside its config. */
function fromWorkingFolder(path: string): string {
  const short = relative("", path);
  return short.startsWith("..") ? path : short;
}
