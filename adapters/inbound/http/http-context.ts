import type { Context } from "hono";
import type { Abandonment } from "./abandonment.ts";

/** What the server that runs the app puts beside each request. */
export interface ServerBindings {
  /** Tells when the server gives up on the requests that are still under way. */
  readonly abandonment?: Abandonment;
  /** The way around the Fetch API's bodies. */
  readonly direct: DirectExchange;
}

/** Node's own request and response, which are read and written at a fraction of the cost. */
export interface DirectExchange {
  readonly incoming: NodeRequest;
  readonly outgoing: NodeResponse;
  /** What a handler returns that writes the answer itself. */
  readonly written: Response;
}

/** What reading a body needs of Node's `http.IncomingMessage`. */
export interface NodeRequest {
  readonly headers: Readonly<
    Partial<Record<"content-type" | "content-length" | "content-encoding", string | undefined>>
  >;
  on(event: "data", listener: (chunk: Uint8Array) => void): unknown;
  on(event: "end" | "close", listener: () => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  off(event: "data", listener: (chunk: Uint8Array) => void): unknown;
  off(event: "close", listener: () => void): unknown;
  pause(): unknown;
  /** Whether no more of it can come. */
  readonly destroyed: boolean;
}

/** What answering needs of Node's `http.ServerResponse`. */
export interface NodeResponse {
  setHeader(name: string, value: string): unknown;
  /** Beside the headers that are set already. */
  writeHead(status: number, headers: Record<string, string>): unknown;
  /** False where no more should be written until `drain`. */
  write(text: string): boolean;
  end(): unknown;
  end(text: string): unknown;
  destroy(): unknown;
  /** Whether its connection is closed. */
  readonly destroyed: boolean;
  /** Whether all of it was handed to the system. */
  readonly writableFinished: boolean;
  on(event: "drain" | "finish" | "close" | "error", listener: () => void): unknown;
  off(event: "close", listener: () => void): unknown;
}

/** What the app's handlers see. */
export interface HttpEnvironment {
  readonly Bindings: ServerBindings;
  readonly Variables: {
    readonly requestId: string;
    /** Name of the key that the caller has shown; absent where callers have none. */
    readonly account?: string;
    /**
     * Resolves when the stream that answers the request has ended, with `context.error` set where it broke; absent where the
     * answer is no stream. Until then the request is under way, although its handler has returned.
     */
    readonly streamEnd?: Promise<void>;
  };
}

export type HttpContext = Context<HttpEnvironment>;
