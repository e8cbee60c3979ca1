import type { Context } from "hono";

/** What the server that runs the app puts beside each request. */
export interface ServerBindings {
  /** Aborts when the server gives up on the requests that are still under way. */
  readonly abandoned?: AbortSignal;
}

/** What the app's handlers see. */
export interface HttpEnvironment {
  readonly Bindings: ServerBindings;
  readonly Variables: {
    readonly requestId: string;
    /** Name of the key that the caller has shown; absent where callers have none. */
    readonly account?: string;
  };
}

export type HttpContext = Context<HttpEnvironment>;
