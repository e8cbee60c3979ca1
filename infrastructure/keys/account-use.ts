/** What was used under the name of a key. */
export interface AccountUse {
  /** Calls of models, refused and broken ones included. */
  readonly requests: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** US dollars, of the models that have a price. */
  readonly usd: number;
}

/** The same of one day in UTC, as in `2026-11-26`. */
export interface DayUse extends AccountUse {
  readonly account: string;
  readonly day: string;
}

/** What an account has used today and since the month began, both in UTC. */
export interface PeriodUse {
  readonly account: string;
  readonly day: AccountUse;
  readonly month: AccountUse;
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
