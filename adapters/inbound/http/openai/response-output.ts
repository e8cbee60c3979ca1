import type { AnswerEvent } from "../../../../domain/answer.ts";
import type { TokenLogprob } from "../../../../domain/chat.ts";
import { ServiceError } from "../../../../domain/errors.ts";
import type { Passage } from "../../../../domain/passage.ts";
import { outputAnnotation } from "./annotations.ts";

/** A text of the model's, as far as it is written. */
export interface MessageItem {
  readonly type: "message";
  readonly id: string;
  /** In the output, from 0. */
  readonly index: number;
  text: string;
  readonly annotations: ReturnType<typeof outputAnnotation>[];
  readonly logprobs: ReturnType<typeof outputLogprobs>[number][];
  /** UTF-16 code units that the answer had before it. */
  readonly start: number;
}

/** A tool that the model wants called, as far as it is written. */
export interface CallItem {
  readonly type: "function_call";
  readonly id: string;
  /** In the output, from 0. */
  readonly index: number;
  readonly callId: string;
  readonly name: string;
  arguments: string;
}

export type OutputItem = MessageItem | CallItem;

/** Collects the events of an answer as the items of a response: one is written at a time, and the last one goes on. */
export class ResponseOutput {
  readonly items: OutputItem[] = [];
  /** Undefined where nothing was to be retrieved. */
  passages: readonly Passage[] | undefined;
  /** Undefined while the answer is written. */
  end: Extract<AnswerEvent, { type: "done" }> | undefined;
  private readonly addressOf: (documentId: string) => string;
  private length = 0;
  private callIndex = -1;

  /** @param addressOf where a document is that has no URI */
  constructor(addressOf: (documentId: string) => string) {
    this.addressOf = addressOf;
  }

  /** The item that is written; undefined before the first. */
  get current(): OutputItem | undefined {
    return this.items.at(-1);
  }

  /** @throws ServiceError vendor-reply-invalid where a tool call goes on after another item began */
  add(event: AnswerEvent): void {
    switch (event.type) {
      case "cache":
        // It stands in the head of the response.
        return;
      case "sources":
        this.passages = event.passages;
        return;
      case "delta":
        this.write(event.text, event.logprobs);
        return;
      case "citation": {
        const message = this.message();
        message.annotations.push(outputAnnotation(event.citation, message.start, this.addressOf));
        return;
      }
      case "tool-call":
        this.callIndex = event.index;
        this.items.push({
          type: "function_call",
          id: newId("fc"),
          index: this.items.length,
          callId: event.id,
          name: event.name,
          arguments: "",
        });
        return;
      case "tool-arguments":
        this.call(event.index).arguments += event.json;
        return;
      case "done":
        this.end = event;
    }
  }

  private write(text: string, logprobs: readonly TokenLogprob[] = []): void {
    const message = this.message();
    message.text += text;
    message.logprobs.push(...outputLogprobs(logprobs));
    this.length += text.length;
  }

  private message(): MessageItem {
    const { current } = this;
    if (current?.type === "message") return current;
    const message: MessageItem = {
      type: "message",
      id: newId("msg"),
      index: this.items.length,
      text: "",
      annotations: [],
      logprobs: [],
      start: this.length,
    };
    this.items.push(message);
    return message;
  }

  private call(index: number): CallItem {
    const { current } = this;
    if (current?.type === "function_call" && index === this.callIndex) return current;
    throw new ServiceError(
      "vendor-reply-invalid",
      "The model went on with a tool call after it had begun another item.",
    );
  }
}

/** How likely the tokens of a text were. */
export function outputLogprobs(logprobs: readonly TokenLogprob[]) {
  return logprobs.map(({ alternatives, ...token }) => ({
    ...likelihood(token),
    top_logprobs: alternatives.map(likelihood),
  }));
}

/** Clients want a list of bytes, also where they are not known. */
function likelihood({ token, logprob, bytes = [] }: Omit<TokenLogprob, "alternatives">) {
  return { token, logprob, bytes };
}

/** An id as the OpenAI API has them: what it is of, and 32 hexadecimal digits. */
export function newId(kind: "resp" | "msg" | "fc"): string {
  return `${kind}_${crypto.randomUUID().replaceAll("-", "")}`;
}
