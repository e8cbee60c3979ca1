import { onTestFinished } from "vitest";
import { createApp, type HttpDependencies } from "../../adapters/inbound/http/app.ts";
import type { HttpSettings } from "../../adapters/inbound/http/settings.ts";
import { AnswerQuestion } from "../../application/answer-question.ts";
import { DEFAULT_CHUNK_SETTINGS } from "../../application/chunking/chunk-text.ts";
import { CompleteChat } from "../../application/complete-chat.ts";
import { IngestDocuments } from "../../application/ingest-documents.ts";
import { SearchPassages } from "../../application/search-passages.ts";
import { ServiceError } from "../../domain/errors.ts";
import type { AdapterStatus } from "../../domain/health.ts";
import type { Log } from "../../domain/log.ts";
import type { AdapterFactory } from "../../domain/ports/adapter-factory.ts";
import type { CorpusPort } from "../../domain/ports/corpus-port.ts";
import type { DocumentReaderPort } from "../../domain/ports/document-reader-port.ts";
import type { SnapshotPort } from "../../domain/ports/snapshot-port.ts";
import { type RunningServer, serve } from "../../infrastructure/serve.ts";
import { Metrics } from "../../infrastructure/telemetry/metrics.ts";
import { FakeCompletion } from "../support/fakes/fake-completion.ts";
import { FakeEmbedding } from "../support/fakes/fake-embedding.ts";
import { FakeRetrieval } from "../support/fakes/fake-retrieval.ts";
import { passageOf } from "../support/passages.ts";
import { wordTokenizer } from "../support/word-tokenizer.ts";
import { MemoryCorpus } from "./http-corpus.ts";

export const SETTINGS: HttpSettings = {
  limits: {
    bodyBytes: 64 * 1024,
    promptLength: 1_000,
    systemLength: 500,
    historyLength: 2_000,
    documentLength: 20_000,
    topK: { default: 5, max: 50 },
    maxTokens: { default: 256, max: 4_096 },
  },
  deadlineMs: 20_000,
  silenceMs: 15_000,
};

export type Fields = Readonly<Record<string, unknown>>;

/** Keeps the lines, and gives those that match to whoever waits for them. */
class RecordingLog implements Log {
  readonly lines: (Fields & { readonly level: string })[] = [];
  private readonly waiting: (() => void)[] = [];

  info(fields: Fields): void {
    this.add({ level: "info", ...fields });
  }

  warn(fields: Fields): void {
    this.add({ level: "warn", ...fields });
  }

  error(fields: Fields): void {
    this.add({ level: "error", ...fields });
  }

  /** The first line with this value in this field, once it is there. */
  async line(field: string, value: unknown): Promise<Fields> {
    for (;;) {
      const found = this.lines.find((line) => line[field] === value);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  private add(line: Fields & { readonly level: string }): void {
    this.lines.push(line);
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

/** Two models and three searches, one of each without its settings; `readonly` takes no documents. */
export class HarnessAdapters implements AdapterFactory {
  readonly models: readonly string[] = ["fake"];
  readonly searches = ["memory", "readonly"];
  readonly corpora: readonly string[] = ["memory"];
  readonly model = new FakeCompletion({
    deltas: ["The index is ", "a copy. [1]"],
    usage: { inputTokens: 90, outputTokens: 7, cachedInputTokens: 40 },
    warnings: ["The model has no temperature."],
  });
  readonly search = new FakeRetrieval([
    passageOf("The index is only a copy of the record.", {
      id: "p1",
      documentId: "retrieval",
      title: "Retrieval",
      uri: "docs/retrieval.md",
      score: 0.75,
      location: { start: 10, end: 49, section: ["How it survives"] },
      language: "en",
      metadata: { year: 2026 },
    }),
    passageOf("A tea is served at five.", { id: "p2", documentId: "tea", score: 0.25 }),
  ]);
  readonly memory: CorpusPort = new MemoryCorpus();
  readonly embedders = ["words"];
  readonly words = new FakeEmbedding({ dimensions: 8, maxBatch: 3 });

  tuning(): undefined {}

  completion(name: string): FakeCompletion {
    if (name === "keyless") {
      throw new ServiceError("not-configured", "Model keyless is not configured: OPENAI_API_KEY is not set.");
    }
    if (name === "fake") return this.model;
    throw new ServiceError("unsupported-model", `Unsupported model: ${name}`, { supported: this.models });
  }

  retrieval(name: string): FakeRetrieval {
    if (name === "memory" || name === "readonly") return this.search;
    throw new ServiceError("unsupported-vector-db", `Unsupported vector DB: ${name}`, { supported: this.searches });
  }

  embedding(name: string): FakeEmbedding {
    if (name === "words") return this.words;
    throw new ServiceError("unsupported-model", `Unsupported embedder: ${name}`, { supported: this.embedders });
  }

  corpus(name: string): CorpusPort {
    if (name === "memory") return this.memory;
    if (name === "readonly") throw new ServiceError("corpus-read-only", "Search readonly takes no documents.");
    throw new ServiceError("not-found", `There is no corpus ${name}.`, { supported: this.corpora });
  }

  snapshots(name: string): SnapshotPort {
    throw new ServiceError("not-found", `There is no corpus ${name}.`, { supported: [] });
  }
}

const NO_FILES: DocumentReaderPort = {
  root: async (path) => ({ root: path, isThere: false }),
  size: async () => 0,
  async *read() {},
};

export interface Service {
  /** What the app answers, as it has registered it; of a method `ALL` what it does with others. */
  readonly routes: readonly { readonly method: string; readonly path: string }[];
  readonly server: RunningServer;
  readonly adapters: HarnessAdapters;
  readonly log: RecordingLog;
  /** What `draining` and `status` tell; a test may change it. */
  readonly state: { draining: boolean; status: readonly AdapterStatus[] };
  /** Sends a request; a body that is no text is sent as JSON. */
  send(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Reply>;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The text as JSON; undefined where it is empty. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
}

/** The real app on a real socket, with fakes behind it; closed when the test ends. */
export async function startService(
  settings: Partial<HttpSettings> = {},
  replaced: Partial<HttpDependencies> = {},
): Promise<Service> {
  const adapters = new HarnessAdapters();
  const log = new RecordingLog();
  const state: Service["state"] = {
    draining: false,
    status: [
      { kind: "model", name: "fake", available: true },
      { kind: "model", name: "keyless", available: false, reason: "OPENAI_API_KEY is not set" },
      { kind: "search", name: "memory", available: true },
    ],
  };
  const answers = new AnswerQuestion(adapters, wordTokenizer, { sourceTokens: 1_000, abstains: true });
  const app = createApp({
    answers,
    chat: new CompleteChat(adapters, answers, { maxTokens: SETTINGS.limits.maxTokens.default }),
    searchPassages: new SearchPassages(adapters),
    documents: new IngestDocuments(adapters, NO_FILES, wordTokenizer, DEFAULT_CHUNK_SETTINGS),
    adapters,
    status: () => state.status,
    draining: () => state.draining,
    log,
    metrics: new Metrics(),
    settings: { ...SETTINGS, ...settings },
    ...replaced,
  });
  const server = await serve(app, { hostname: "127.0.0.1", port: 0, keepAliveMs: 60_000 });
  onTestFinished(() => server.close(0));
  return { routes: app.routes, server, adapters, log, state, send: (...request) => send(server.url, ...request) };
}

async function send(
  url: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { ...(text === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(text === undefined ? {} : { body: text }),
  });
  const answered = await response.text();
  const isJson = /json/u.test(response.headers.get("content-type") ?? "");
  const json = isJson && answered !== "" ? JSON.parse(answered) : undefined;
  return { status: response.status, headers: response.headers, text: answered, json };
}

/** A question that the harness can answer. */
export const QUESTION = { prompt: "What is the index?", llm_name: "fake", vector_search_type: "memory" } as const;

/** Asks for a stream, and returns once its head is there. */
export async function askForStream(
  { server }: Service,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${server.url}/generate`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ ...QUESTION, stream: true }),
  });
}
