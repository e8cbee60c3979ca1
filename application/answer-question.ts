import type { AnswerEvent } from "../domain/answer.ts";
import { CitationScanner } from "../domain/citations.ts";
import { throwIfAborted } from "../domain/errors.ts";
import type { AdapterFactory } from "../domain/ports/adapter-factory.ts";
import type { CompletionPort, CompletionRequest } from "../domain/ports/completion-port.ts";
import type { Retrieval } from "../domain/ports/retrieval-port.ts";
import type { TokenizerPort } from "../domain/ports/tokenizer-port.ts";
import { buildPrompt, buildPromptWithoutSources, type Prompt } from "../domain/prompt.ts";
import type { Question } from "../domain/question.ts";
import { isRetrievalFailure } from "../domain/retrieval-failure.ts";
import type { Answers } from "./answers.ts";

export interface AnswerSettings {
  /** Tokens of passages that a prompt holds at most. */
  readonly sourceTokens: number;
  /** Searches without which a question is answered by the model alone where they fail; default: none. */
  readonly ungroundedSearches?: readonly string[];
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
    throwIfAborted(signal);
    const found = await this.retrieve(question, signal);
    const retrieved = performance.now();
    yield { type: "sources", passages: found.passages };
    const prompt = this.promptFor(question, found, completion);
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
        ...(found.failed ? { ungrounded: true } : {}),
        timing: {
          embedMs: found.embedMs,
          retrieveMs: retrieved - started - found.embedMs,
          completeMs: ended - retrieved,
          totalMs: ended - started,
        },
      };
    }
  }

  /** What the search finds; nothing, with a warning, where it fails and the question may be answered without it. */
  private async retrieve({ search, ...question }: Question, signal: AbortSignal): Promise<Found> {
    const { prompt: query, topK, filter, principal } = question;
    try {
      return await this.adapters.retrieval(search).retrieve(
        {
          query,
          topK,
          ...(filter === undefined ? {} : { filter }),
          ...(principal === undefined ? {} : { principal }),
        },
        signal,
      );
    } catch (error) {
      const mayAnswer = this.settings.ungroundedSearches?.includes(search) ?? false;
      if (!mayAnswer || signal.aborted || !isRetrievalFailure(error)) throw error;
      const warning = `The search ${search} could not answer (${error.code}): the model answered without passages.`;
      return { passages: [], embedMs: 0, warnings: [warning], failed: true };
    }
  }

  private promptFor(question: Question, { passages, failed }: Found, completion: CompletionPort): Prompt {
    const promptTokens = Math.floor((completion.contextTokens - question.maxTokens) * WINDOW_SHARE);
    const nonce = crypto.randomUUID().slice(0, 8);
    const budget = { promptTokens, sourceTokens: this.settings.sourceTokens };
    return failed
      ? buildPromptWithoutSources(question, budget, this.tokenizer)
      : buildPrompt(question, passages, budget, this.tokenizer, nonce);
  }
}

/** What was retrieved, or that it failed. */
interface Found extends Retrieval {
  readonly failed?: true;
}

function completionRequest({ maxTokens, parameters, account }: Question, prompt: Prompt): CompletionRequest {
  return { ...parameters, prompt, maxTokens, ...(account === undefined ? {} : { account }) };
}

function markerWarnings(scanner: CitationScanner): readonly string[] {
  const unknown = scanner.unknownMarkers;
  return unknown.length === 0
    ? []
    : [`The answer cites ${unknown.map((marker) => `[${marker}]`).join(", ")}, which no passage bears.`];
}
