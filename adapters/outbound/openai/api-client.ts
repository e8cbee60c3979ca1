import { APIError } from "openai/error";
import { throwIfAborted } from "../../../domain/errors.ts";
import { invalidReply, translateError } from "./errors.ts";
import { EventDecoder } from "./event-decoder.ts";
import { Exchange, type ReplyHead } from "./exchange.ts";
import { type HeldPool, holdPool } from "./pools.ts";

export interface OpenAIAccount {
  readonly api_key: string;
  readonly base_url: string;
  readonly organization?: string | undefined;
}

/** The largest reply there is, 2,048 vectors of 3,072 dimensions, has 35 million bytes. */
const MAX_REPLY_BYTES = 128 * 1024 * 1024;

/** What a stream ends with. */
const DONE = "[DONE]";

/** Calls of the OpenAI API, straight onto its connections: one attempt each, and no clock but the signal (docs/decisions). */
export class ApiClient {
  private readonly held: HeldPool;
  private readonly basePath: string;
  private readonly headers: string[];

  constructor({ api_key, base_url, organization }: OpenAIAccount) {
    const { origin, pathname } = new URL(base_url);
    this.held = holdPool(origin);
    this.basePath = pathname.replace(/\/+$/u, "");
    this.headers = [
      ...["authorization", `Bearer ${api_key}`],
      ...["content-type", "application/json"],
      ...["user-agent", "pharos"],
      ...(organization === undefined ? [] : ["openai-organization", organization]),
    ];
  }

  /** The JSON of the reply. @throws ServiceError as a CompletionPort does */
  async post(path: string, body: object, signal: AbortSignal): Promise<unknown> {
    try {
      const { exchange } = await this.begin(path, body, signal);
      return JSON.parse(await textOf(exchange));
    } catch (error) {
      throw translateError(error, signal);
    }
  }

  /**
   * The data of the reply's events, those that arrived together at once; without the one that says that it is done. Left
   * early, the call is cancelled.
   * @throws ServiceError as a CompletionPort does
   */
  async *stream(path: string, body: object, signal: AbortSignal): AsyncGenerator<readonly string[]> {
    let exchange: Exchange | undefined;
    try {
      ({ exchange } = await this.begin(path, body, signal));
      const decoder = new EventDecoder();
      for (let chunks = await exchange.next(); chunks !== undefined; chunks = await exchange.next()) {
        for (const chunk of chunks) {
          const events = decoder.push(chunk);
          if (events.length > 0) yield events.at(-1) === DONE ? events.slice(0, -1) : events;
        }
      }
    } catch (error) {
      throw translateError(error, signal);
    } finally {
      exchange?.cancel();
    }
  }

  /** Lets go of the connections; calls under way fail where no other client holds them. */
  close(): Promise<void> {
    return this.held.release();
  }

  /** Sends the request. @throws APIError for an answer that is none, APIConnectionError, ServiceError */
  private async begin(path: string, body: object, signal: AbortSignal): Promise<{ readonly exchange: Exchange }> {
    throwIfAborted(signal);
    const exchange = new Exchange(signal);
    const request = { method: "POST", path: this.basePath + path, headers: this.headers, body: JSON.stringify(body) };
    this.held.pool.dispatch(request, exchange);
    const head = await exchange.head;
    if (head.status < 200 || head.status > 299) throw apiError(head, await textOf(exchange));
    return { exchange };
  }
}

async function textOf(exchange: Exchange): Promise<string> {
  const all: Buffer[] = [];
  let size = 0;
  for (let chunks = await exchange.next(); chunks !== undefined; chunks = await exchange.next()) {
    for (const chunk of chunks) {
      all.push(chunk);
      size += chunk.byteLength;
    }
    if (size > MAX_REPLY_BYTES) {
      exchange.cancel();
      throw invalidReply("is larger than any that was asked for");
    }
  }
  return Buffer.concat(all, size).toString("utf8");
}

/** The SDK's own error for a status, from a body that may be anything. */
function apiError({ status, headers }: ReplyHead, text: string): APIError {
  let reported: unknown;
  try {
    reported = JSON.parse(text);
  } catch {
    reported = undefined;
  }
  const known = Object.entries(headers).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : []));
  const body = typeof reported === "object" && reported !== null ? reported : undefined;
  return APIError.generate(status, body, text, new Headers(known as [string, string][]));
}
