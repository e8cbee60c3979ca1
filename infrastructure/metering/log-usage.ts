import type { Log } from "../../domain/log.ts";
import type { UsageListener } from "./usage-record.ts";

/** Writes one line for each call of a model. */
export function logUsage(log: Log): UsageListener {
  return ({ model, account, requestId, usage, estimated, outcome }) =>
    log.info(
      {
        request_id: requestId,
        model,
        account,
        outcome,
        estimated,
        input_tokens: usage.inputTokens,
        output_tokens: usage.outputTokens,
        cached_input_tokens: usage.cachedInputTokens,
        cache_write_input_tokens: usage.cacheWriteInputTokens,
        reasoning_tokens: usage.reasoningTokens,
        cost_usd: usage.costUsd,
      },
      "usage",
    );
}
