/** On whose account and for which request something is done, so that its use can be told; absent what is not known. */
export interface Origin {
  /** Name of the key on whose account it goes; absent where callers have none. */
  readonly account?: string;
  /** The id by which the caller and the log know the request; absent outside of requests. */
  readonly requestId?: string;
}

/** The origin alone, without what is undefined in it. */
export function originOf({ account, requestId }: { [Key in keyof Origin]: string | undefined }): Origin {
  return { ...(account === undefined ? {} : { account }), ...(requestId === undefined ? {} : { requestId }) };
}
