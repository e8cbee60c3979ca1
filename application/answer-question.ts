import type { AnswerEvent } from "../domain/answer.ts";
import { CitationScanner } from "../domain/citations.ts";
import { throwIfAborted } from "../domain/errors.ts";
import { originOf } from "../domain/origin.ts";
import type { Passage } from "../domain/passage.ts";
import type { AdapterFactory } from "../domain/ports/adapter-factory.ts";
import type { CompletionPort, CompletionRequest } from "../domain/ports/completion-port.ts";
import type { TokenizerPort } from "../domain/ports/tokenizer-port.ts";
import { buildPrompt, type Prompt } from "../domain/prompt.ts";
import type { Question } from "../domain/question.ts";
import type { Answers } from "./answers.ts";

export interface AnswerSettings {
  /** Tokens of passages that a prompt holds at most. */
  readonly sourceTokens: number;
}

/** Share of a model's window that we plan with: our tokenizer is not every vendor's. */
const WINDOW_SHARE = 0.9;

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
    const started = performance.now();
    const completion = this.adapters.completion(question.model);
    const retrieval = this.adapters.retrieval(question.search);
    throwIfAborted(signal);
    const { prompt: query, topK, filter, principal } = question;
    const found = await retrieval.retrieve(
      { query, topK, ...(filter === undefined ? {} : { filter }), ...(principal === undefined ? {} : { principal }) },
      signal,
    );
    const retrieved = performance.now();
    yield { type: "sources", passages: found.passages };
    const prompt = this.promptFor(question, found.passages, completion);
    const scanner = new CitationScanner(prompt.sources);
    for await (const event of completion.stream(completionRequest(question, prompt), signal)) {
      if (event.type !== "finish") {
        yield event;
        if (event.type === "delta")
          for (const citation of scanner.push(event.text)) yield { type: "citation", citation };
        continue;
      }
      const ended = performance.now();
      yield {
        type: "done",
        finishReason: event.finishReason,
        usage: event.usage,
        warnings: [...found.warnings, ...event.warnings, ...markerWarnings(scanner)],
        timing: {
          embedMs: found.embedMs,
          retrieveMs: retrieved - started - found.embedMs,
          completeMs: ended - retrieved,
          totalMs: ended - started,
        },
      };
    }
  }

  private promptFor(question: Question, passages: readonly Passage[], completion: CompletionPort): Prompt {
    const promptTokens = Math.floor((completion.contextTokens - question.maxTokens) * WINDOW_SHARE);
    const nonce = crypto.randomUUID().slice(0, 8);
    return buildPrompt(
      question,
      passages,
      { promptTokens, sourceTokens: this.settings.sourceTokens },
      this.tokenizer,
      nonce,
    );
  }
}

function completionRequest({ maxTokens, parameters, ...question }: Question, prompt: Prompt): CompletionRequest {
  return { ...parameters, prompt, maxTokens, ...originOf(question) };
}

function markerWarnings(scanner: CitationScanner): readonly string[] {
  const unknown = scanner.unknownMarkers;
  return unknown.length === 0
    ? []
    : [`The answer cites ${unknown.map((marker) => `[${marker}]`).join(", ")}, which no passage bears.`];
}
