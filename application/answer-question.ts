import type { AnswerEvent, Usage } from "../domain/answer.ts";
import { CitationScanner } from "../domain/citations.ts";
import { throwIfAborted } from "../domain/errors.ts";
import { groundednessOf } from "../domain/groundedness.ts";
import { noAnswerText } from "../domain/no-answer.ts";
import { originOf } from "../domain/origin.ts";
import type { AdapterFactory } from "../domain/ports/adapter-factory.ts";
import type { CompletionPort, CompletionRequest } from "../domain/ports/completion-port.ts";
import type { Retrieval, RetrievalRequest } from "../domain/ports/retrieval-port.ts";
import type { TokenizerPort } from "../domain/ports/tokenizer-port.ts";
import { buildPrompt, buildPromptWithoutSources, type Prompt } from "../domain/prompt.ts";
import type { Question } from "../domain/question.ts";
import { isRetrievalFailure } from "../domain/retrieval-failure.ts";
import { citable } from "../domain/sources.ts";
import type { Answers } from "./answers.ts";
import { type SearchQuery, searchQueryFor } from "./search-query.ts";

export interface AnswerSettings {
  /** Tokens of passages that a prompt holds at most. */
  readonly sourceTokens: number;
  /** Whether no model is asked where the passages are too far from the question to answer it. */
  readonly abstains: boolean;
  /** Name of the model that rewrites follow-up questions before they are searched for; a rule does where it is absent. */
  readonly followUpModel?: string;
  /** Searches without which a question is answered by the model alone where they fail; default: none. */
  readonly ungroundedSearches?: readonly string[];
}

/** Share of a model's window that we plan with: our tokenizer is not every vendor's. */
const WINDOW_SHARE = 0.9;

const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 };

/** What was done before a model was asked, and when. */
interface Found {
  readonly query: SearchQuery;
  readonly retrieval: Retrieval;
  /** The search failed, and the model is to answer without passages; absent in any other case. */
  readonly failed?: true;
  readonly startedAt: number;
  readonly retrievedAt: number;
}

/** Answers a question from what the search engine finds: retrieve, build the prompt, complete, check the citations. */
export class AnswerQuestion implements Answers {
  private readonly adapters: AdapterFactory;
  private readonly tokenizer: TokenizerPort;
  private readonly settings: AnswerSettings;

  constructor(adapters: AdapterFactory, tokenizer: TokenizerPort, settings: AnswerSettings) {
    this.adapters = adapters;
    this.tokenizer = tokenizer;
    this.settings = settings;
  }

  /**
   * The events of one answer, in the order that AnswerEvent gives; a citation follows the delta that completes it.
   * Ending the iteration early cancels the work under way.
   * @throws ServiceError whatever the two ports and the prompt's budget throw, from the iteration
   */
  async *stream(question: Question, signal: AbortSignal): AsyncGenerator<AnswerEvent, void, undefined> {
    const completion = this.adapters.completion(question.model);
    const found = await this.find(question, signal);
    const { passages } = found.retrieval;
    yield { type: "sources", passages };
    if (this.abstains(question, found)) {
      yield { type: "delta", text: noAnswerText(question.prompt) };
      yield doneOf(question, found, { finishReason: "no-answer", usage: NO_USAGE, warnings: [] });
    } else {
      yield* this.complete(question, found, completion, signal);
    }
  }

  private async find(question: Question, signal: AbortSignal): Promise<Found> {
    const startedAt = performance.now();
    const engine = this.adapters.retrieval(question.search);
    throwIfAborted(signal);
    const query = await searchQueryFor(question, this.adapters, this.settings.followUpModel, signal);
    try {
      const retrieval = await engine.retrieve(retrievalRequest(question, query.text), signal);
      return { query, retrieval, startedAt, retrievedAt: performance.now() };
    } catch (error) {
      const mayAnswer = this.settings.ungroundedSearches?.includes(question.search) ?? false;
      if (!mayAnswer || signal.aborted || !isRetrievalFailure(error)) throw error;
      const warning = `The search ${question.search} could not answer (${error.code}): the model answered without passages.`;
      const retrieval = { passages: [], embedMs: 0, warnings: [warning] };
      return { query, retrieval, failed: true, startedAt, retrievedAt: performance.now() };
    }
  }

  /** A model that has tools may find elsewhere what the passages do not hold. */
  private abstains({ parameters }: Question, { retrieval: { passages, relevance }, failed }: Found): boolean {
    if (!this.settings.abstains || parameters?.tools !== undefined || failed) return false;
    return passages.length === 0 || relevance?.reachesFloor === false;
  }

  private async *complete(
    question: Question,
    found: Found,
    completion: CompletionPort,
    signal: AbortSignal,
  ): AsyncGenerator<AnswerEvent, void, undefined> {
    const prompt = this.promptFor(question, found, completion);
    const sources = citable(prompt.sources);
    const scanner = new CitationScanner(sources);
    let text = "";
    for await (const event of completion.stream(completionRequest(question, prompt), signal)) {
      if (event.type === "finish") {
        const isAnswer = !found.failed && event.finishReason !== "no-answer" && text !== "";
        const warnings = [...event.warnings, ...markerWarnings(scanner)];
        const groundedness = isAnswer ? { groundedness: groundednessOf(text, sources) } : {};
        yield doneOf(question, found, { ...event, warnings, ...groundedness });
        continue;
      }
      yield event;
      if (event.type !== "delta") continue;
      text += event.text;
      for (const citation of scanner.push(event.text)) yield { type: "citation", citation };
    }
  }

  private promptFor(question: Question, { query, retrieval, failed }: Found, completion: CompletionPort): Prompt {
    const promptTokens = Math.floor((completion.contextTokens - question.maxTokens) * WINDOW_SHARE);
    const budget = { promptTokens, sourceTokens: this.settings.sourceTokens };
    const nonce = crypto.randomUUID().slice(0, 8);
    const prompt = failed
      ? buildPromptWithoutSources(question, budget, this.tokenizer)
      : buildPrompt(question, retrieval.passages, budget, this.tokenizer, nonce);
    return { ...prompt, question: query.text };
  }
}

function retrievalRequest({ topK, filter, principal }: Question, query: string): RetrievalRequest {
  return {
    query,
    topK,
    ...(filter === undefined ? {} : { filter }),
    ...(principal === undefined ? {} : { principal }),
  };
}

function completionRequest({ maxTokens, parameters, ...question }: Question, prompt: Prompt): CompletionRequest {
  return { ...parameters, prompt, maxTokens, ...originOf(question) };
}

type Ending = Pick<Extract<AnswerEvent, { type: "done" }>, "finishReason" | "usage" | "warnings" | "groundedness">;

function doneOf(
  { prompt }: Question,
  { query, retrieval, failed, startedAt, retrievedAt }: Found,
  { finishReason, usage, warnings, groundedness }: Ending,
): AnswerEvent {
  const endedAt = performance.now();
  return {
    type: "done",
    finishReason,
    usage: query.usage === undefined ? usage : sumOf(query.usage, usage),
    warnings: [...query.warnings, ...retrieval.warnings, ...warnings],
    timing: {
      embedMs: retrieval.embedMs,
      retrieveMs: retrievedAt - startedAt - retrieval.embedMs,
      completeMs: endedAt - retrievedAt,
      totalMs: endedAt - startedAt,
    },
    ...(groundedness === undefined ? {} : { groundedness }),
    ...(failed ? { ungrounded: true } : {}),
    ...(query.text === prompt ? {} : { searchedFor: query.text }),
  };
}

/** What both spent; what only one of them says counts alone. */
function sumOf(one: Usage, other: Usage): Usage {
  const sum = new Map<string, number>();
  for (const [name, count] of [...Object.entries(one), ...Object.entries(other)]) {
    sum.set(name, (sum.get(name) ?? 0) + count);
  }
  return { ...NO_USAGE, ...Object.fromEntries(sum) };
}

function markerWarnings(scanner: CitationScanner): readonly string[] {
  const unknown = scanner.unknownMarkers;
  return unknown.length === 0
    ? []
    : [`The answer cites ${unknown.map((marker) => `[${marker}]`).join(", ")}, which no passage bears.`];
}
