import type { Filter } from "./filter.ts";
import type { Principal } from "./principal.ts";

/** One earlier turn of the conversation. */
export interface Turn {
  readonly role: "user" | "assistant";
  readonly content: string;
}

/** What a caller asks. */
export interface Question {
  readonly prompt: string;
  /** Name of a model in the config. */
  readonly model: string;
  /** Name of a search in the config. */
  readonly search: string;
  /** Passages to answer from, 1 to 100. */
  readonly topK: number;
  readonly filter?: Filter;
  /** Bound of the answer's length in the model's own tokens. */
  readonly maxTokens: number;
  /** In [0, 2]; the model's own default where absent. */
  readonly temperature?: number;
  /** The caller's instructions, put before ours. */
  readonly system?: string;
  /** Earlier turns, oldest first. */
  readonly history: readonly Turn[];
  readonly principal?: Principal;
}

/** Limits that hold whatever the config says. */
export const QUESTION_LIMITS = { topK: 100, historyTurns: 100, maxTokens: 1_000_000, temperature: 2 } as const;
