/**
 * What a key may be used for: `ask` has models answer and embed, `search` finds and reads documents, `write` puts and removes
 * them, `admin` does all of this and reads what the service tells of itself.
 */
export const SCOPES = ["ask", "search", "write", "admin"] as const;

export type Scope = (typeof SCOPES)[number];

/** Whoever has shown a key. */
export interface Caller {
  /** Name of the key, on whose account the caller's requests go. */
  readonly account: string;
  /** At least one. */
  readonly scopes: ReadonlySet<Scope>;
}

/** The keys that callers may show. */
export interface KeyringPort {
  /**
   * Whose key this is.
   * @throws ServiceError unauthenticated: there is no such key, or it is not valid yet, or it has expired
   */
  identify(key: string): Caller;
}
