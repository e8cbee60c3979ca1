import type { CompletionRequest } from "../../domain/ports/completion-port.ts";
import type { TokenizerPort } from "../../domain/ports/tokenizer-port.ts";
import { type Prompt, textOf } from "../../domain/prompt.ts";

/** Characters that are counted; of a longer text its begin is, and the rest is taken to be alike. */
const COUNTED_CHARACTERS = 8_192;
/** What roles and separators of a message cost: https://developers.openai.com/cookbook/examples/how_to_count_tokens_with_tiktoken */
const TOKENS_PER_MESSAGE = 4;

/** Tokens of what a vendor was asked, images left out. It takes a few milliseconds at most. */
export function estimateInput(
  { prompt, tools }: Pick<CompletionRequest, "prompt" | "tools">,
  tokenizer: TokenizerPort,
): number {
  return estimateText(textOfPrompt(prompt, tools), tokenizer) + (prompt.messages.length + 1) * TOKENS_PER_MESSAGE;
}

/** Tokens of the text, which takes a few milliseconds at most. */
export function estimateText(text: string, tokenizer: TokenizerPort): number {
  const counted = text.slice(0, COUNTED_CHARACTERS);
  const tokens = tokenizer.count(counted);
  return counted.length === text.length ? tokens : Math.round((tokens * text.length) / counted.length);
}

function textOfPrompt({ system, messages }: Prompt, tools: CompletionRequest["tools"]): string {
  return [system, ...messages.map(textOf), ...(tools === undefined ? [] : [JSON.stringify(tools)])].join("\n");
}
