import type { Usage } from "../domain/answer.ts";
import type { Message } from "../domain/chat.ts";
import { ServiceError, throwIfAborted } from "../domain/errors.ts";
import { followUpQuery } from "../domain/follow-up.ts";
import { originOf } from "../domain/origin.ts";
import type { AdapterFactory } from "../domain/ports/adapter-factory.ts";
import type { CompletionRequest } from "../domain/ports/completion-port.ts";
import type { Prompt } from "../domain/prompt.ts";
import type { Question } from "../domain/question.ts";

/** What passages are searched for. */
export interface SearchQuery {
  readonly text: string;
  /** What a model spent on it; absent where none was asked. */
  readonly usage?: Usage;
  readonly warnings: readonly string[];
}

const INSTRUCTIONS = [
  "Rewrite the user's last message as one question that can be understood without the conversation before it.",
  "Put in what it refers to. Keep its language and its meaning. Add nothing, and do not answer it.",
  "Write the question alone. Where the message stands alone already, repeat it.",
].join("\n");

/** Tokens and characters that a rewritten question has at most. */
const MAX_TOKENS = 160;
const MAX_CHARACTERS = 1_000;
/** Turns before the last message that the model is shown, and characters of each. */
const SHOWN_TURNS = 6;
const SHOWN_CHARACTERS = 2_000;

/**
 * What to search for: the prompt itself where it opens the conversation, else what the model rewrites it to, or, where no
 * model is named or it fails, what a rule makes of it and of the question before.
 * @throws ServiceError timeout, cancelled, shutting-down
 */
export async function searchQueryFor(
  question: Question,
  adapters: AdapterFactory,
  model: string | undefined,
  signal: AbortSignal,
): Promise<SearchQuery> {
  const { prompt, history } = question;
  if (!history.some(({ role }) => role === "user")) return { text: prompt, warnings: [] };
  if (model === undefined) return { text: followUpQuery(prompt, history), warnings: [] };
  try {
    const { text, finishReason, usage } = await adapters.completion(model).complete(requestOf(question), signal);
    const rewritten = text.trim();
    const fits = finishReason === "stop" && rewritten !== "" && rewritten.length <= MAX_CHARACTERS;
    return { text: fits ? rewritten : followUpQuery(prompt, history), usage, warnings: [] };
  } catch (error) {
    throwIfAborted(signal);
    if (!(error instanceof ServiceError)) throw error;
    const warning = `The model ${model} failed to rewrite the question (${error.code}): a rule did.`;
    return { text: followUpQuery(prompt, history), warnings: [warning] };
  }
}

function requestOf({ prompt: asked, history, ...question }: Question): CompletionRequest {
  const shown = history.flatMap(plainTurn).slice(-SHOWN_TURNS);
  const conversation = [...shown, `User: ${asked}`].join("\n\n");
  const prompt: Prompt = {
    system: INSTRUCTIONS,
    messages: [{ role: "user", content: conversation }],
    question: asked,
    sources: [],
  };
  return { prompt, maxTokens: MAX_TOKENS, ...originOf(question) };
}

function plainTurn(message: Message): readonly string[] {
  if (message.role === "tool" || typeof message.content !== "string" || message.content === "") return [];
  const speaker = message.role === "user" ? "User" : "Assistant";
  return [`${speaker}: ${message.content.slice(0, SHOWN_CHARACTERS)}`];
}
