import OpenAI from "openai";
import type { FunctionTool } from "openai/resources/responses/responses";
import type { HttpSettings } from "../../adapters/inbound/http/settings.ts";
import { AnswerQuestion } from "../../application/answer-question.ts";
import type { Answers } from "../../application/answers.ts";
import { CompleteChat } from "../../application/complete-chat.ts";
import type { CompletionFeature } from "../../domain/chat.ts";
import type { AdapterFactory } from "../../domain/ports/adapter-factory.ts";
import { FakeCompletion } from "../support/fakes/fake-completion.ts";
import { wordTokenizer } from "../support/word-tokenizer.ts";
import { HarnessAdapters, SETTINGS, type Service, startService } from "./http-harness.ts";

const EVERYTHING: readonly CompletionFeature[] = [
  "temperature",
  "topP",
  "stop",
  "seed",
  "frequencyPenalty",
  "presencePenalty",
  "topLogprobs",
  "tools",
  "toolChoice",
  "parallelToolCalls",
  "responseFormat",
  "reasoningEffort",
  "images",
  "imageUrls",
];

/** The harness' adapters, and a model `able` that honours everything. */
class AbleAdapters extends HarnessAdapters {
  override readonly models = ["fake", "able"];
  readonly able = new FakeCompletion({ deltas: ["Good ", "day."] }, 8_192, EVERYTHING);

  override completion(name: string): FakeCompletion {
    return name === "able" ? this.able : super.completion(name);
  }
}

export interface OpenAIService extends Omit<Service, "adapters"> {
  readonly adapters: AbleAdapters;
  /** The vendor's own client, which asks once. */
  readonly client: OpenAI;
  /** Where the API begins: what clients call their base URL. */
  readonly baseURL: string;
}

/** The real app on a real socket, and the real client in front of it; what answers from passages may be wrapped. */
export async function startOpenAI(
  settings: Partial<HttpSettings> = {},
  wrap: (answers: Answers, adapters: AdapterFactory) => Answers = (answers) => answers,
): Promise<OpenAIService> {
  const adapters = new AbleAdapters();
  const inner = new AnswerQuestion(adapters, wordTokenizer, { sourceTokens: 1_000, abstains: true });
  const answers = wrap(inner, adapters);
  const chat = new CompleteChat(adapters, answers, { maxTokens: SETTINGS.limits.maxTokens.default });
  const service = await startService(settings, { adapters, answers, chat });
  const baseURL = `${service.server.url}/v1`;
  return { ...service, adapters, baseURL, client: new OpenAI({ apiKey: "any", baseURL, maxRetries: 0 }) };
}

/** What the harness' search finds, asked of the model `fake`. */
export const GROUNDED = {
  model: "fake@memory",
  messages: [{ role: "user", content: "What is the index?" }],
} as const satisfies OpenAI.ChatCompletionCreateParamsNonStreaming;

/** A conversation without retrieval, with the model that honours everything. */
export const ALONE = {
  model: "able",
  messages: [{ role: "user", content: "Hello!" }],
} as const satisfies OpenAI.ChatCompletionCreateParamsNonStreaming;

/** The body with parameters that the client's own types do not know. */
export function extended<Body extends object>(body: Body, more: Readonly<Record<string, unknown>>): Body {
  return { ...body, ...more };
}

/** What the harness' search finds, asked of the model `fake` as a response. */
export const GROUNDED_RESPONSE = {
  model: "fake@memory",
  input: "What is the index?",
} as const satisfies OpenAI.Responses.ResponseCreateParamsNonStreaming;

/** A response without retrieval, by the model that honours everything. */
export const ALONE_RESPONSE = {
  model: "able",
  input: "Hello!",
} as const satisfies OpenAI.Responses.ResponseCreateParamsNonStreaming;

/** A tool that nobody runs. */
export const WEATHER: FunctionTool = {
  type: "function",
  name: "weather",
  description: "Tells it.",
  parameters: { type: "object", properties: { city: { type: "string" } } },
  strict: true,
};

/** What the annotation of an answer out of the harness' search tells beyond the client's own words, whichever API is asked. */
export const CITED = {
  passage_id: "p1",
  document_id: "retrieval",
  marker: 1,
  quote: "The index is only a copy of the record.",
  quote_span: { start: 0, end: 39 },
  verified: true,
  location: { start: 10, end: 49, section: ["How it survives"] },
  language: "en",
};
