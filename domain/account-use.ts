/** What was used under the name of a key. */
export interface AccountUse {
  /** Calls of models, broken ones included. */
  readonly requests: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** US dollars, of the models that have a price. */
  readonly usd: number;
}

/** What an account has used today and since the month began, both in UTC. */
export interface PeriodUse {
  readonly account: string;
  readonly day: AccountUse;
  readonly month: AccountUse;
}

/** What may be spent in a calendar day or month in UTC. */
export interface Budget {
  readonly usd: number;
  readonly per: "day" | "month";
}

export const NO_USE: AccountUse = { requests: 0, inputTokens: 0, outputTokens: 0, usd: 0 };

export function sumOf(one: AccountUse, other: AccountUse): AccountUse {
  return {
    requests: one.requests + other.requests,
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    usd: one.usd + other.usd,
  };
}
