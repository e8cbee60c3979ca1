import type { CompletionParameters, ContentPart, Message } from "./chat.ts";
import type { Filter } from "./filter.ts";
import type { Origin } from "./origin.ts";
import type { Principal } from "./principal.ts";

/** What a caller asks. */
export interface Question extends Origin {
  /** Text with more in it than white space. */
  readonly prompt: string;
  /** Images that belong to the prompt; absent where there are none. */
  readonly images?: readonly Extract<ContentPart, { type: "image" }>[];
  /** Name of a model in the config. */
  readonly model: string;
  /** Name of a search in the config. */
  readonly search: string;
  /** Passages to answer from, 1 to 100. */
  readonly topK: number;
  readonly filter?: Filter;
  /** Bound of the answer's length in the model's own tokens. */
  readonly maxTokens: number;
  /** How the model is to write; absent for its own defaults. */
  readonly parameters?: CompletionParameters;
  /** The caller's instructions, put before ours. */
  readonly system?: string;
  /** Earlier turns, oldest first. */
  readonly history: readonly Message[];
  /** Turns after the prompt: the calls of tools that it led to, and what they gave; absent where there are none. */
  readonly following?: readonly Message[];
  readonly principal?: Principal;
  /** Whether the answer may neither come from a cache nor go into one. Default: false. */
  readonly noStore?: boolean;
}

/** Limits that hold whatever the config says. */
export const QUESTION_LIMITS = { topK: 100, historyTurns: 100, maxTokens: 1_000_000, temperature: 2 } as const;
