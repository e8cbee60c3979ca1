import type { Message, ToolCall } from "../../../../domain/chat.ts";

/** What a request says, and where it says it. */
export interface Conversation {
  /** Instructions, joined in their order; "" for none. */
  readonly system: string;
  /** Oldest first. */
  readonly messages: readonly Message[];
  /** Of each message the parameter that holds it: `messages[2]`. */
  readonly fields: readonly string[];
}

/** What is wrong with the calls of tools and their results. */
export interface CallProblems {
  /** Messages by their number, with those of their calls that no result right after them answers. */
  readonly unanswered: readonly { readonly message: number; readonly calls: readonly ToolCall[] }[];
  /** Results by their number that answer no call of the assistant's message before them. */
  readonly uncalled: readonly number[];
}

/** Every vendor wants an answer to each call of a tool right after it, and no answer without a call. */
export function callProblems(messages: readonly Message[]): CallProblems {
  const unanswered: { message: number; calls: readonly ToolCall[] }[] = [];
  const uncalled: number[] = [];
  let open: { readonly message: number; readonly calls: Map<string, ToolCall> } | undefined;
  const close = () => {
    if (open !== undefined && open.calls.size > 0)
      unanswered.push({ message: open.message, calls: [...open.calls.values()] });
  };
  for (const [number, message] of messages.entries()) {
    if (message.role === "tool") {
      if (open?.calls.delete(message.toolCallId) !== true) uncalled.push(number);
      continue;
    }
    close();
    const calls = message.role === "assistant" ? (message.toolCalls ?? []) : [];
    open = { message: number, calls: new Map(calls.map((call) => [call.id, call])) };
  }
  close();
  return { unanswered, uncalled };
}
