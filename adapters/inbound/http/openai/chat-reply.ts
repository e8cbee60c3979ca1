import type { AnswerEvent, Groundedness } from "../../../../domain/answer.ts";
import type { TokenLogprob } from "../../../../domain/chat.ts";
import { CompletionCollector } from "../../../../domain/collect-completion.ts";
import type { Passage } from "../../../../domain/passage.ts";
import type { Completion } from "../../../../domain/ports/completion-port.ts";
import { fromPassage } from "../../representations.ts";
import { chatAnnotation } from "./annotations.ts";
import { chatUsage, FINISH_REASONS, totalUsage } from "./usage.ts";

/** What every answer and every chunk of one begins with. */
export interface ChatHead {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  /** As the caller named it. */
  readonly model: string;
  /** Where a document is that has no URI. */
  readonly addressOf: (documentId: string) => string;
}

/** One of the answers to a request. */
interface Choice {
  readonly completion: Completion;
  readonly annotations?: readonly ReturnType<typeof chatAnnotation>[];
  /** Absent where nothing was to be retrieved. */
  readonly passages?: readonly Passage[] | undefined;
  readonly groundedness?: Groundedness | undefined;
  readonly searchedFor?: string | undefined;
  /** As in Answer. */
  readonly ungrounded?: true | undefined;
}

/** Collects the events of an answer, in their order. */
export class ChatChoice implements Choice {
  readonly annotations: ReturnType<typeof chatAnnotation>[] = [];
  passages: readonly Passage[] | undefined;
  groundedness: Groundedness | undefined;
  searchedFor: string | undefined;
  /** As in Answer. */
  ungrounded: true | undefined;
  private readonly addressOf: ChatHead["addressOf"];
  private readonly collector = new CompletionCollector();

  constructor({ addressOf }: ChatHead) {
    this.addressOf = addressOf;
  }

  add(event: AnswerEvent): void {
    if (event.type === "sources") this.passages = event.passages;
    else if (event.type === "citation") this.annotations.push(chatAnnotation(event.citation, this.addressOf));
    else if (event.type === "done") this.end(event);
    // What a cache did stands in the head of the response.
    else if (event.type !== "cache") this.collector.add(event);
  }

  private end({
    finishReason,
    usage,
    warnings,
    groundedness,
    searchedFor,
    ungrounded,
  }: Extract<AnswerEvent, { type: "done" }>): void {
    this.collector.add({ type: "finish", finishReason, usage, warnings });
    this.groundedness = groundedness;
    this.searchedFor = searchedFor;
    this.ungrounded = ungrounded;
  }

  /** @throws Error where the events did not end with `done` */
  get completion(): Completion {
    return this.collector.completion;
  }
}

/** The answer of `POST /v1/chat/completions`. @param choices at least one, in their order */
export function chatReply({ id, created, model }: ChatHead, choices: readonly Choice[]) {
  const completions = choices.map(({ completion }) => completion);
  const warnings = [...new Set(completions.flatMap((completion) => completion.warnings))];
  const passages = choices[0]?.passages;
  return {
    id,
    object: "chat.completion",
    created,
    model,
    choices: choices.map(choiceOf),
    usage: chatUsage(totalUsage(completions.map(({ usage }) => usage))),
    ...(passages === undefined ? {} : { sources: passages.map(fromPassage) }),
    searched_for: choices[0]?.searchedFor,
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

function choiceOf({ completion, annotations = [], passages, groundedness, ungrounded }: Choice, index: number) {
  const { text, toolCalls, logprobs, finishReason } = completion;
  return {
    index,
    message: {
      role: "assistant",
      content: text === "" && toolCalls.length > 0 ? null : text,
      refusal: null,
      ...(passages === undefined ? {} : { annotations }),
      ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls.map(toolCallOf) }),
    },
    logprobs: logprobs === undefined ? null : chatLogprobs(logprobs),
    finish_reason: FINISH_REASONS[finishReason],
    ...(finishReason === "no-answer" ? { no_answer: true } : {}),
    groundedness,
    ungrounded,
  };
}

function toolCallOf({ id, name, arguments: json }: Completion["toolCalls"][number]) {
  return { id, type: "function", function: { name, arguments: json } };
}

/** How likely the tokens of a text were. */
export function chatLogprobs(logprobs: readonly TokenLogprob[]) {
  return {
    content: logprobs.map(({ alternatives, ...token }) => ({
      ...likelihood(token),
      top_logprobs: alternatives.map(likelihood),
    })),
    refusal: null,
  };
}

function likelihood({ token, logprob, bytes }: Omit<TokenLogprob, "alternatives">) {
  return { token, logprob, bytes: bytes ?? null };
}
