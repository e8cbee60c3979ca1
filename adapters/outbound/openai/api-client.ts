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

/** The events of one reply, as they arrive. Whoever opened them has to cancel them, at their end too. */
export interface ReplyEvents {
  /**
   * The data of those that have arrived since, in their order, [] where the next one is not whole yet; undefined at the
   * reply's end. One caller at a time.
   * @throws ServiceError as a CompletionPort does
   */
  next(): Promise<readonly string[] | undefined>;
  /** Closes the connection where the reply has not come to its end. */
  cancel(): void;
}

/**
 * Calls of the OpenAI API, straight onto its connections: one attempt each, no clock but the signal, and nothing from the
 * environment (docs/decisions/2026-11-26-openai-on-the-wire.md).
 */
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
      return JSON.parse(await textOf(await this.send(path, body, signal)));
    } catch (error) {
      throw translateError(error, signal);
    }
  }

  /** The events of the reply, once its head is there. @throws ServiceError as a CompletionPort does */
  async openEvents(path: string, body: object, signal: AbortSignal): Promise<ReplyEvents> {
    const translated = (error: unknown): never => {
      throw translateError(error, signal);
    };
    const exchange = await this.send(path, body, signal).catch(translated);
    const decoder = new EventDecoder();
    return {
      next: async () => {
        const chunks = await exchange.next().catch(translated);
        return chunks?.flatMap((chunk) => decoder.push(chunk));
      },
      cancel: () => exchange.cancel(),
    };
  }

  /** Lets go of the connections; calls under way fail where no other client holds them. */
  close(): Promise<void> {
    return this.held.release();
  }

  /** @throws APIError for an answer that is none, APIConnectionError, ServiceError */
  private async send(path: string, body: object, signal: AbortSignal): Promise<Exchange> {
    throwIfAborted(signal);
    const exchange = new Exchange(signal);
    const request = { method: "POST", path: this.basePath + path, headers: this.headers, body: JSON.stringify(body) };
    this.held.pool.dispatch(request, exchange);
    const head = await exchange.head;
    // The status says enough where the connection is lost in the words that follow it.
    if (head.status < 200 || head.status > 299) throw apiError(head, await textOf(exchange).catch(() => ""));
    return exchange;
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
