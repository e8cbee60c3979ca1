import type { AnswerEvent, Usage } from "../../../../domain/answer.ts";
import type { TokenLogprob } from "../../../../domain/chat.ts";
import { fromPassage } from "../../representations.ts";
import { chatAnnotation } from "./annotations.ts";
import { type ChatHead, chatLogprobs } from "./chat-reply.ts";
import { chatUsage, FINISH_REASONS, totalUsage } from "./usage.ts";

export interface ChatStreamOptions {
  /** Choices that come in one stream. */
  readonly choices: number;
  /** Whether the last chunk tells the tokens, and every other one that it does not. */
  readonly includeUsage: boolean;
}

/**
 * Writes the events of a request's choices as frames of server-sent events. Nothing goes out before a choice has more to say
 * than its passages, so that an error that comes first can still be an answer of its own; the passages stand in the first chunk.
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

  /** The event of this choice as frames; "" where it has none yet. */
  frame(choice: number, event: AnswerEvent): string {
    if (event.type === "sources") {
      this.sources ||= `,"sources":${JSON.stringify(event.passages.map(fromPassage))}`;
      return "";
    }
    return this.opening(choice) + this.frameOf(choice, event);
  }

  private frameOf(choice: number, event: Exclude<AnswerEvent, { type: "sources" }>): string {
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
    return isFirst ? `${chunk.slice(0, -"}\n\n".length)}${this.sources}}\n\n` : chunk;
  }

  private ending(choice: number, { finishReason, usage, warnings }: Extract<AnswerEvent, { type: "done" }>): string {
    this.usages.push(usage);
    for (const warning of warnings) this.warnings.add(warning);
    const noAnswer = finishReason === "no-answer" ? ',"no_answer":true' : "";
    const isLast = this.usages.length === this.options.choices;
    const told = isLast && this.warnings.size > 0 ? `,"warnings":${JSON.stringify([...this.warnings])}` : "";
    const chunk = `${this.before}{"index":${choice},"delta":{},"logprobs":null,"finish_reason":"${FINISH_REASONS[finishReason]}"${noAnswer}}`;
    const finish = `${chunk}${this.after.slice(0, -"}\n\n".length)}${told}}\n\n`;
    return isLast ? `${finish}${this.usageChunk()}data: [DONE]\n\n` : finish;
  }

  private usageChunk(): string {
    if (!this.options.includeUsage) return "";
    return `${this.before}],"usage":${JSON.stringify(chatUsage(totalUsage(this.usages)))}}\n\n`;
  }
}
