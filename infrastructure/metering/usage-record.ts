import type { Usage } from "../../domain/answer.ts";
import type { Origin } from "../../domain/origin.ts";

/** What one call of a model used. */
export interface UsageRecord extends Origin {
  /** Name of the model in the config. */
  readonly model: string;
  /** With its cost where the model has a price. */
  readonly usage: Usage;
  /** Whether the tokens were estimated: the vendor counts them only for whoever waits for the answer's end. */
  readonly estimated: boolean;
  /** `cancelled` by the caller or the deadline, `failed` at the vendor. */
  readonly outcome: "finished" | "cancelled" | "failed";
}

/** Refuses calls that an account has nothing left for, before a vendor is asked. */
export interface SpendingGate {
  /**
   * Holds so many tokens and US dollars for a call that begins, so that what calls under way may come to counts too.
   * Returns what gives them back, to be called once.
   * @throws ServiceError limit-exceeded
   */
  hold(account: string, tokens: number, usd: number): () => void;
}

/** Hears of every record, in the order in which calls end; it must not throw, and not take long. */
export type UsageListener = (record: UsageRecord) => void;
