import type { Message } from "../../../../domain/chat.ts";

/** What a request says, and where it says it. */
export interface Conversation {
  /** Instructions, joined in their order; "" for none. */
  readonly system: string;
  /** Oldest first. */
  readonly messages: readonly Message[];
  /** Of each message the parameter that holds it: `messages[2]`. */
  readonly fields: readonly string[];
}

/** What is wrong with the calls of tools and their results: messages by their number. */
export interface CallProblems {
  /** Those with a call that no result right after them answers. */
  readonly unanswered: readonly number[];
  /** Results that answer no call of the assistant's message before them. */
  readonly uncalled: readonly number[];
}

/** Every vendor wants an answer to each call of a tool right after it, and no answer without a call. */
export function callProblems(messages: readonly Message[]): CallProblems {
  const unanswered: number[] = [];
  const uncalled: number[] = [];
  let open: { readonly number: number; readonly ids: Set<string> } | undefined;
  const close = () => {
    if (open !== undefined && open.ids.size > 0) unanswered.push(open.number);
  };
  for (const [number, message] of messages.entries()) {
    if (message.role === "tool") {
      if (open?.ids.delete(message.toolCallId) !== true) uncalled.push(number);
      continue;
    }
    close();
    const calls = message.role === "assistant" ? (message.toolCalls ?? []) : [];
    open = { number, ids: new Set(calls.map(({ id }) => id)) };
  }
  close();
  return { unanswered, uncalled };
}
