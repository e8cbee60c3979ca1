import type { AnswerEvent, Usage } from "../../../../domain/answer.ts";
import type { TokenLogprob } from "../../../../domain/chat.ts";
import { fromPassage } from "../../representations.ts";
import { chatAnnotation } from "./annotations.ts";
import { type ChatHead, chatLogprobs } from "./chat-reply.ts";
import type { ChoiceEvent } from "./choices.ts";
import { chatUsage, FINISH_REASONS, totalUsage } from "./usage.ts";

/** What every chunk ends with. */
const END = "}\n\n";

export interface ChatStreamOptions {
  /** Choices that come in one stream. */
  readonly choices: number;
  /** Whether the last chunk tells the tokens, and every other one that it does not. */
  readonly includeUsage: boolean;
}

/**
 * Writes the events of a request's choices as frames of server-sent events. Nothing goes out before a choice has more to say
 * than its passages, so that an error that comes first can still be an answer of its own; the passages stand in the first chunk,
 * unless the reader was told before they came that the answer is awaited.
 */
export class ChatStream {
  private readonly head: ChatHead;
  private readonly options: ChatStreamOptions;
  /** `data: {"id": ..., ` up to the choices, and what follows them: alike in every chunk. */
  private readonly before: string;
  private readonly after: string;
  private readonly opened: boolean[] = [];
  private sources = "";
  private readonly usages: Usage[] = [];
  private readonly warnings = new Set<string>();

  constructor(head: ChatHead, options: ChatStreamOptions) {
    this.head = head;
    this.options = options;
    const { id, created, model } = head;
    const fields = JSON.stringify({ id, object: "chat.completion.chunk", created, model });
    this.before = `data: ${fields.slice(0, -1)},"choices":[`;
    this.after = options.includeUsage ? `],"usage":null}\n\n` : "]}\n\n";
  }

  /** The event as frames; "" where it has none yet. */
  frame({ choice, event }: ChoiceEvent): string {
    // What a cache did stands in the head of the response.
    if (event.type === "cache") return "";
    if (event.type !== "sources") return this.opening(choice) + this.frameOf(choice, event);
    if (this.sources !== "") return "";
    this.sources = `,"sources":${JSON.stringify(event.passages.map(fromPassage))}`;
    return this.opened.length === 0 ? "" : this.withFields(this.delta(choice, ""), this.sources);
  }

  /** The first chunk, for an answer that has not begun. */
  waiting(): string {
    return this.opening(0);
  }

  private frameOf(choice: number, event: Exclude<AnswerEvent, { type: "sources" | "cache" }>): string {
    switch (event.type) {
      case "delta":
        return this.delta(choice, `"content":${JSON.stringify(event.text)}`, event.logprobs);
      case "citation":
        return this.delta(
          choice,
          `"annotations":[${JSON.stringify(chatAnnotation(event.citation, this.head.addressOf))}]`,
        );
      case "tool-call": {
        const { index, id, name } = event;
        const call = { index, id, type: "function", function: { name, arguments: "" } };
        return this.delta(choice, `"tool_calls":[${JSON.stringify(call)}]`);
      }
      case "tool-arguments":
        return this.delta(
          choice,
          `"tool_calls":[{"index":${event.index},"function":{"arguments":${JSON.stringify(event.json)}}}]`,
        );
      case "done":
        return this.ending(choice, event);
    }
  }

  private delta(choice: number, fields: string, logprobs?: readonly TokenLogprob[]): string {
    const likely = logprobs === undefined ? "null" : JSON.stringify(chatLogprobs(logprobs));
    return `${this.before}{"index":${choice},"delta":{${fields}},"logprobs":${likely},"finish_reason":null}${this.after}`;
  }

  /** The chunk that says who speaks, and in the stream's first one what was found. */
  private opening(choice: number): string {
    if (this.opened[choice]) return "";
    const isFirst = this.opened.length === 0;
    this.opened[choice] = true;
    const chunk = this.delta(choice, '"role":"assistant","content":"","refusal":null');
    return isFirst ? this.withFields(chunk, this.sources) : chunk;
  }

  private ending(choice: number, event: Extract<AnswerEvent, { type: "done" }>): string {
    const { finishReason, usage, warnings, groundedness, searchedFor, ungrounded } = event;
    this.usages.push(usage);
    for (const warning of warnings) this.warnings.add(warning);
    const end = {
      index: choice,
      delta: {},
      logprobs: null,
      finish_reason: FINISH_REASONS[finishReason],
      ...(finishReason === "no-answer" ? { no_answer: true } : {}),
      groundedness,
      ungrounded,
    };
    const finish = `${this.before}${JSON.stringify(end)}${this.after}`;
    if (this.usages.length < this.options.choices) return finish;
    const told = {
      ...(searchedFor === undefined ? {} : { searched_for: searchedFor }),
      ...(this.warnings.size === 0 ? {} : { warnings: [...this.warnings] }),
    };
    const fields = Object.keys(told).length === 0 ? "" : `,${JSON.stringify(told).slice(1, -1)}`;
    return `${this.withFields(finish, fields)}${this.usageChunk()}data: [DONE]\n\n`;
  }

  /** @param fields as JSON, each after a comma */
  private withFields(chunk: string, fields: string): string {
    return fields === "" ? chunk : `${chunk.slice(0, -END.length)}${fields}${END}`;
  }

  private usageChunk(): string {
    if (!this.options.includeUsage) return "";
    return `${this.before}],"usage":${JSON.stringify(chatUsage(totalUsage(this.usages)))}}\n\n`;
  }
}
