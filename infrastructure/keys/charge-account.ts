import type { UsageListener } from "../metering/usage-record.ts";
import type { Allowances } from "./allowances.ts";

/** Takes what a call used from the limits of the key on whose account it went. */
export function chargeAccount(allowances: Pick<Allowances, "charge">): UsageListener {
  return ({ account, usage: { inputTokens, outputTokens, costUsd: usd = 0 } }) => {
    if (account !== undefined) allowances.charge(account, { requests: 1, inputTokens, outputTokens, usd });
  };
}
