import type { AccountUse, Budget } from "../../domain/account-use.ts";
import { ServiceError } from "../../domain/errors.ts";
import type { AccountReport, AllowancePort, Standing } from "../../domain/ports/allowance-port.ts";
import type { SpendingGate } from "../metering/usage-record.ts";
import { MinuteBucket } from "./minute-bucket.ts";
import type { KeysSettings } from "./settings.ts";
import type { Tally } from "./tally.ts";

/** The limits of one account, what is left of them, and what calls under way hold. */
interface Account {
  readonly budget: Budget | undefined;
  readonly requests: MinuteBucket | undefined;
  readonly tokens: MinuteBucket | undefined;
  /** The same object as long as the account is there. */
  readonly held: { tokens: number; usd: number };
}

export interface AllowanceClocks {
  /** Milliseconds since 1970. */
  readonly wall: () => number;
  /** Milliseconds since some moment, never falling. */
  readonly steady: () => number;
}

const CLOCKS: AllowanceClocks = { wall: () => Date.now(), steady: () => performance.now() };
/** When to come again where calls under way hold the rest of a budget. */
const HELD_WAIT_MS = 1_000;

/** The limits of the keys: requests and tokens a minute by buckets in memory, budgets by the tally. */
export class Allowances implements AllowancePort, SpendingGate {
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
    const kept = (bucket: MinuteBucket | undefined, limit: number | undefined) => {
      if (limit === undefined) return undefined;
      return bucket?.limit === limit ? bucket : new MinuteBucket(limit, now);
    };
    this.accounts = new Map(
      Object.entries(keys).map(([name, { limits }]) => {
        const before = this.accounts.get(name);
        const requests = kept(before?.requests, limits.requests_per_minute);
        const tokens = kept(before?.tokens, limits.tokens_per_minute);
        return [name, { budget: limits.budget, requests, tokens, held: before?.held ?? { tokens: 0, usd: 0 } }];
      }),
    );
  }

  admit(name: string, spends: boolean): Standing {
    const account = this.accounts.get(name);
    if (account === undefined) return {};
    const now = this.clocks.steady();
    const { requests, tokens, held } = account;
    const refusal = refusalOf(requests, "requests", now) ?? (spends ? this.spendingRefusal(name, account) : undefined);
    if (refusal === undefined) requests?.use(1, now);
    return {
      ...(requests === undefined ? {} : { requests: requests.allowance(0, now) }),
      ...(tokens === undefined ? {} : { tokens: tokens.allowance(held.tokens, now) }),
      ...(refusal === undefined ? {} : { refusal }),
    };
  }

  hold(name: string, tokens: number, usd: number): () => void {
    const account = this.accounts.get(name);
    if (account === undefined) return () => {};
    const refusal = this.spendingRefusal(name, account);
    if (refusal !== undefined) throw refusal;
    const { held } = account;
    held.tokens += tokens;
    held.usd += usd;
    return () => {
      held.tokens -= tokens;
      held.usd -= usd;
    };
  }

  /** Takes what was used from the account's limits. */
  charge(name: string, use: AccountUse): void {
    this.tally.add(name, use);
    this.accounts.get(name)?.tokens?.use(use.inputTokens + use.outputTokens, this.clocks.steady());
  }

  reports(): readonly AccountReport[] {
    return [...this.accounts].map(([name, { budget }]) => ({
      ...this.tally.useOf(name),
      ...(budget === undefined ? {} : { budget }),
    }));
  }

  private spendingRefusal(name: string, { tokens, budget, held }: Account): ServiceError | undefined {
    return tokensRefusal(tokens, held.tokens, this.clocks.steady()) ?? this.budgetRefusal(name, budget, held.usd);
  }

  private budgetRefusal(name: string, budget: Budget | undefined, heldUsd: number): ServiceError | undefined {
    if (budget === undefined) return undefined;
    const spent = this.tally.useOf(name)[budget.per].usd;
    const limit = `The key's budget of ${budget.usd} US dollars a ${budget.per}`;
    if (spent >= budget.usd) {
      const now = this.clocks.wall();
      return exceeded(`${limit} is used up.`, endOf(budget.per, now) - now);
    }
    // What has no price holds nothing, so a sum of zeros refuses nobody.
    if (spent + heldUsd < budget.usd) return undefined;
    return exceeded(`${limit} may be used up by its requests under way.`, HELD_WAIT_MS);
  }
}

/** There has to be one left. */
function refusalOf(bucket: MinuteBucket | undefined, what: string, nowMs: number): ServiceError | undefined {
  const waitMs = bucket?.waitMs(1, nowMs) ?? 0;
  if (bucket === undefined || waitMs === 0) return undefined;
  return exceeded(`The key's ${bucket.limit} ${what} a minute are used up.`, waitMs);
}

/** There has to be one left beside those that are held. */
function tokensRefusal(bucket: MinuteBucket | undefined, held: number, nowMs: number): ServiceError | undefined {
  const refusal = refusalOf(bucket, "tokens", nowMs);
  if (bucket === undefined || refusal !== undefined || bucket.waitMs(1 + held, nowMs) === 0) return refusal;
  const message = `The key's ${bucket.limit} tokens a minute may be used up by its requests under way.`;
  return exceeded(message, HELD_WAIT_MS);
}

function exceeded(message: string, retryAfterMs: number): ServiceError {
  return new ServiceError("limit-exceeded", message, { retryable: true, retryAfterMs });
}

/** The first moment of the next day or month in UTC. */
function endOf(period: Budget["per"], now: number): number {
  const date = new Date(now);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return period === "month" ? Date.UTC(year, month + 1) : Date.UTC(year, month, date.getUTCDate() + 1);
}
