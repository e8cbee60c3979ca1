import type { FinishReason, Usage } from "../../../../domain/answer.ts";

/** Why an answer ended, in the words of chat completions, which have none for passages that do not hold an answer. */
export const FINISH_REASONS: Readonly<Record<FinishReason, string>> = {
  stop: "stop",
  length: "length",
  "content-filter": "content_filter",
  "tool-calls": "tool_calls",
  "no-answer": "stop",
};

/** Tokens of all choices together; each was a call of its own, and had the whole prompt. */
export function totalUsage(usages: readonly Usage[]): Usage {
  return usages.reduce((total, usage) => ({
    inputTokens: total.inputTokens + usage.inputTokens,
    outputTokens: total.outputTokens + usage.outputTokens,
    cachedInputTokens: total.cachedInputTokens + usage.cachedInputTokens,
    ...sumOf("cacheWriteInputTokens", total, usage),
    ...sumOf("reasoningTokens", total, usage),
    ...sumOf("costUsd", total, usage),
  }));
}

function sumOf(
  field: "cacheWriteInputTokens" | "reasoningTokens" | "costUsd",
  one: Usage,
  other: Usage,
): Partial<Usage> {
  const [first, second] = [one[field], other[field]];
  return first === undefined && second === undefined ? {} : { [field]: (first ?? 0) + (second ?? 0) };
}

/** What is not known is left out. */
export function chatUsage({ inputTokens, outputTokens, cachedInputTokens, ...known }: Usage) {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedInputTokens, cache_write_tokens: known.cacheWriteInputTokens },
    ...(known.reasoningTokens === undefined
      ? {}
      : { completion_tokens_details: { reasoning_tokens: known.reasoningTokens } }),
    cost_usd: known.costUsd,
  };
}
