import { ServiceError } from "../../domain/errors.ts";
import type { AllowancePort, Standing } from "../../domain/ports/allowance-port.ts";
import type { AccountUse } from "./account-use.ts";
import { MinuteBucket } from "./minute-bucket.ts";
import type { KeyLimits, KeysSettings } from "./settings.ts";
import type { Tally } from "./tally.ts";

/** The limits of one account, and what is left of them. */
interface Account {
  readonly limits: KeyLimits;
  readonly requests: MinuteBucket | undefined;
  readonly tokens: MinuteBucket | undefined;
}

export interface AllowanceClocks {
  /** Milliseconds since 1970. */
  readonly wall: () => number;
  /** Milliseconds since some moment, never falling. */
  readonly steady: () => number;
}

const CLOCKS: AllowanceClocks = { wall: () => Date.now(), steady: () => performance.now() };

/** The limits of the keys: requests and tokens a minute by buckets in memory, budgets by the tally. */
export class Allowances implements AllowancePort {
  private accounts: ReadonlyMap<string, Account> = new Map();
  private readonly tally: Pick<Tally, "useOf" | "add">;
  private readonly clocks: AllowanceClocks;

  constructor(keys: KeysSettings, tally: Pick<Tally, "useOf" | "add">, clocks: AllowanceClocks = CLOCKS) {
    this.tally = tally;
    this.clocks = clocks;
    this.replace(keys);
  }

  /** Holds these keys' limits from now on; what is left of a limit that stays the same stays too. */
  replace(keys: KeysSettings): void {
    const now = this.clocks.steady();
    const kept = (bucket: MinuteBucket | undefined, limit: number | undefined) =>
      limit === undefined || bucket?.limit === limit ? bucket : new MinuteBucket(limit, now);
    this.accounts = new Map(
      Object.entries(keys).map(([name, { limits }]) => {
        const before = this.accounts.get(name);
        const requests =
          limits.requests_per_minute === undefined ? undefined : kept(before?.requests, limits.requests_per_minute);
        const tokens =
          limits.tokens_per_minute === undefined ? undefined : kept(before?.tokens, limits.tokens_per_minute);
        return [name, { limits, requests, tokens }];
      }),
    );
  }

  admit(name: string, spends: boolean): Standing {
    const account = this.accounts.get(name);
    if (account === undefined) return {};
    const now = this.clocks.steady();
    const { requests, tokens, limits } = account;
    const refusal =
      refusalOf(requests, "requests", now) ??
      (spends ? (refusalOf(tokens, "tokens", now) ?? this.budgetRefusal(name, limits.budget)) : undefined);
    if (refusal === undefined) requests?.use(1, now);
    return {
      ...(requests === undefined ? {} : { requests: requests.allowance(now) }),
      ...(tokens === undefined ? {} : { tokens: tokens.allowance(now) }),
      ...(refusal === undefined ? {} : { refusal }),
    };
  }

  /** Takes what was used from the account's limits. */
  charge(name: string, use: AccountUse): void {
    this.tally.add(name, use);
    this.accounts.get(name)?.tokens?.use(use.inputTokens + use.outputTokens, this.clocks.steady());
  }

  private budgetRefusal(name: string, budget: KeyLimits["budget"]): ServiceError | undefined {
    if (budget === undefined || this.tally.useOf(name)[budget.per].usd < budget.usd) return undefined;
    const now = this.clocks.wall();
    const message = `The key's budget of ${budget.usd} US dollars a ${budget.per} is used up.`;
    return exceeded(message, endOf(budget.per, now) - now);
  }
}

/** There has to be one left. */
function refusalOf(bucket: MinuteBucket | undefined, what: string, nowMs: number): ServiceError | undefined {
  const waitMs = bucket?.waitMs(1, nowMs) ?? 0;
  if (bucket === undefined || waitMs === 0) return undefined;
  return exceeded(`The key's ${bucket.limit} ${what} a minute are used up.`, waitMs);
}

function exceeded(message: string, retryAfterMs: number): ServiceError {
  return new ServiceError("limit-exceeded", message, { retryable: true, retryAfterMs });
}

/** The first moment of the next day or month in UTC. */
function endOf(period: "day" | "month", now: number): number {
  const date = new Date(now);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return period === "month" ? Date.UTC(year, month + 1) : Date.UTC(year, month, date.getUTCDate() + 1);
}
