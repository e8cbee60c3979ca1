/** Bounds of what a caller may send. Lengths are in UTF-16 code units. */
export interface HttpLimits {
  readonly bodyBytes: number;
  /** Also bounds the query of a search. */
  readonly promptLength: number;
  readonly systemLength: number;
  /** All turns together. */
  readonly historyLength: number;
  readonly documentLength: number;
  /** Both 1 to 100. */
  readonly topK: DefaultAndMax;
  readonly maxTokens: DefaultAndMax;
}

export interface DefaultAndMax {
  /** What a request gets that does not say. */
  readonly default: number;
  readonly max: number;
}

/** Names of the headers in which a trusted proxy says on whose behalf it calls. */
export interface PrincipalHeaders {
  readonly user: string;
  /** Holds the groups, separated by commas. */
  readonly groups?: string;
}

export interface HttpSettings {
  readonly limits: HttpLimits;
  /** Time that one request may take, its body's arrival included. */
  readonly deadlineMs: number;
  /** Silence of a stream after which a comment shows that it lives. */
  readonly silenceMs: number;
  /** Absent where callers are not to be believed: then nobody is a principal. */
  readonly trustedPrincipalHeaders?: PrincipalHeaders;
}
