import type { Handler } from "hono";
import type { AccountUse } from "../../../domain/account-use.ts";
import type { AllowancePort } from "../../../domain/ports/allowance-port.ts";
import type { HttpEnvironment } from "./http-context.ts";

/** `GET /usage`: what has been used under each key, today and this month in UTC. */
export function usage(allowances: AllowancePort): Handler<HttpEnvironment> {
  return (context) => {
    context.header("cache-control", "no-store");
    const keys = allowances.reports().map(({ account, day, month, budget }) => ({
      name: account,
      day: fromUse(day),
      month: fromUse(month),
      budget,
    }));
    return context.json({ keys, request_id: context.get("requestId") });
  };
}

function fromUse({ requests, inputTokens, outputTokens, usd }: AccountUse) {
  return { requests, input_tokens: inputTokens, output_tokens: outputTokens, cost_usd: usd };
}
