import type { ErrorCode } from "../../domain/errors.ts";
import type { RetrievalPort } from "../../domain/ports/retrieval-port.ts";
import type { Principal } from "../../domain/principal.ts";
import type { ContractDocument, FilterCase } from "./retrieval-contract-documents.ts";

/** Codes that something outside the port brings about. */
export const PROVOKED_CODES = [
  "embedder-mismatch",
  "rate-limited",
  "vendor-auth",
  "vendor-rejected",
  "vendor-unavailable",
  "vendor-reply-invalid",
  "retrieval-unavailable",
  "overloaded",
] as const satisfies readonly ErrorCode[];

export type ProvokedCode = (typeof PROVOKED_CODES)[number];

/** Cases that a harness may leave out, each with its reason. */
export type RetrievalCase = "no-match" | "metadata" | "principal" | "stall" | FilterCase | ProvokedCode;

/** An upstream that does not answer until it is let go. */
export interface Stall {
  /** Resolves once a search waits for the upstream. */
  readonly reached: Promise<void>;
  /** Resolves once the upstream knows that nobody waits for that search any more. */
  readonly stopped: Promise<void>;
  /** Lets the upstream answer what waits and what comes. */
  release(): void;
}

/** A port over documents of the contract's choice, with its upstream in the test's hand. */
export interface OpenRetrieval {
  readonly port: RetrievalPort;
  /** Makes the upstream stall, from the next search on. Absent only where the case `stall` is skipped. */
  stall?(): Stall;
  /** Makes the next search fail with the code. A code that is absent must be skipped. */
  readonly provoke?: Partial<Record<ProvokedCode, () => void | Promise<void>>>;
  /** Ends the port and its upstream. */
  close(): Promise<void>;
}

export interface RetrievalHarness {
  /** Opens a port over exactly these documents: each is one passage, to whom `readers` limits it. */
  open(documents: readonly ContractDocument[]): Promise<OpenRetrieval>;
  /** Filters that the engine refuses, by case and with the reason: the contract then expects `filter-unsupported`. */
  readonly refused?: Partial<Record<FilterCase, string>>;
  /** Cases that do not apply, with the reason. */
  readonly skip?: Partial<Record<RetrievalCase, string>>;
  /** For whom every search of the suite runs, for engines that refuse a search for nobody. */
  readonly principal?: Principal;
  /** Texts that no error's message may hold, such as keys. */
  readonly secrets?: readonly string[];
}
