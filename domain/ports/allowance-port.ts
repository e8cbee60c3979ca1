import type { Budget, PeriodUse } from "../account-use.ts";
import type { ServiceError } from "../errors.ts";

/** How much is left of a limit that holds for a minute. */
export interface Allowance {
  readonly limit: number;
  /** A whole number from 0. */
  readonly remaining: number;
  /** Milliseconds until all of the limit is there again where nothing more is used. */
  readonly resetMs: number;
}

/** What an account has left. A limit that the account does not have is absent. */
export interface Standing {
  readonly requests?: Allowance;
  readonly tokens?: Allowance;
  /** Why the request is refused: `limit-exceeded`, which says when to come again. Absent where it is not. */
  readonly refusal?: ServiceError;
}

/** What an account has used, and its budget where it has one. */
export interface AccountReport extends PeriodUse {
  readonly budget?: Budget;
}

/** The limits of the accounts. */
export interface AllowancePort {
  /**
   * Counts a request, unless it is refused, and says where the account stands then.
   * @param spends whether the request has a model work: then there have to be tokens and money left too
   */
  admit(account: string, spends: boolean): Standing;

  /** Every account, in the order of the keys, those that have used nothing included. */
  reports(): readonly AccountReport[];
}
