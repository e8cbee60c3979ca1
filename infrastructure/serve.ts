import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createSocketServer } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT as written } from "@hono/node-server/utils/response";
import { Abandonment } from "../adapters/inbound/http/abandonment.ts";
import { Bag } from "../adapters/inbound/http/bag.ts";
import type { ServerBindings } from "../adapters/inbound/http/http-context.ts";
import { listenError } from "./start-error.ts";

/** What answers the requests: an app of Hono's. */
interface FetchApp {
  fetch(request: Request, bindings: ServerBindings): Response | Promise<Response>;
}

interface ListenOptions {
  /** Address to listen on. */
  readonly hostname: string;
  /** 0 for any that is free. */
  readonly port: number;
}

interface ServeOptions extends ListenOptions {
  /** Time for which a connection is held on which nothing is asked, in ms. */
  readonly keepAliveMs: number;
}

export interface RunningServer {
  /** Port that it listens on. */
  readonly port: number;
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  /** Has every answer close its connection from now on, so that callers come back elsewhere. */
  withdraw(): void;
  /**
   * Stops: no new connection is accepted and idle ones are closed at once; requests under way get `graceMs` to finish,
   * after which their signal aborts and they are answered `shutting-down`. Resolves when all is closed; calling it again
   * returns the same promise.
   */
  close(graceMs: number): Promise<void>;
}

/** Listens for a moment, to tell before any work is done where that cannot be. @throws StartError */
export async function checkAddress({ hostname, port }: ListenOptions): Promise<void> {
  const server = createSocketServer();
  try {
    server.listen(port, hostname);
    await once(server, "listening");
  } catch (error) {
    throw listenError(hostname, port, error);
  }
  server.close();
  await once(server, "close");
}

/** Starts serving. @throws StartError where it cannot listen */
export async function serve(app: FetchApp, options: ServeOptions): Promise<RunningServer> {
  const { hostname } = options;
  const listener = await listen(app, options).catch((error: unknown) => {
    throw listenError(hostname, options.port, error);
  });
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  let closed: Promise<void> | undefined;
  return {
    port: listener.port,
    url: `http://${host}:${listener.port}`,
    withdraw: () => listener.withdraw(),
    close: (graceMs) => (closed ??= drain(listener, graceMs)),
  };
}

/** A server that can be stopped step by step. */
interface Listener {
  readonly port: number;
  withdraw(): void;
  /** Accepts no more, closes what is idle; resolves when the last request under way is answered. */
  stop(): Promise<void>;
  /** Aborts the requests under way. */
  abandon(): void;
  /** Closes the connections that are left. */
  cut(): void;
}

/** Time that abandoned requests get to tell their callers. */
const LAST_WORD_MS = 1_000;

async function drain(listener: Listener, graceMs: number): Promise<void> {
  const stopped = listener.stop();
  if (!(await settlesWithin(stopped, graceMs))) {
    listener.abandon();
    await settlesWithin(stopped, LAST_WORD_MS);
  }
  listener.cut();
}

async function settlesWithin(work: Promise<void>, limitMs: number): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => late.resolve(false), limitMs);
  return Promise.race([work.then(() => true), late.promise]).finally(() => clearTimeout(timer));
}

/** Also on Deno: `Deno.serve` of 2.9 does not tell that a caller went away whose body came in a packet of its own. */
async function listen(app: FetchApp, { hostname, port, keepAliveMs }: ServeOptions): Promise<Listener> {
  const abandonment = new Abandonment();
  const respond = getRequestListener(
    (request, { incoming, outgoing }) => app.fetch(request, { abandonment, direct: { incoming, outgoing, written } }),
    { hostname },
  );
  const underWay = new UnderWay();
  const server = createServer((incoming, outgoing) => {
    underWay.add(outgoing);
    respond(incoming, outgoing);
  });
  server.keepAliveTimeout = keepAliveMs;
  server.listen(port, hostname);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    withdraw: () => underWay.withdraw(),
    stop: () => stopNode(server, underWay),
    abandon: () => abandonment.begin(),
    cut: () => server.closeAllConnections(),
  };
}

/** The answers that are being written, which Node does not tell. */
class UnderWay {
  private readonly answers = new Bag<ServerResponse>();
  private emptied: (() => void) | undefined;
  private isWithdrawn = false;

  add(answer: ServerResponse): void {
    if (this.isWithdrawn) answer.setHeader("connection", "close");
    const leave = this.answers.add(answer);
    answer.once("close", () => {
      leave();
      if (this.answers.size === 0) this.emptied?.();
    });
  }

  /** From now on each answer closes its connection. */
  withdraw(): void {
    this.isWithdrawn = true;
    for (const answer of this.answers.members()) if (!answer.headersSent) answer.setHeader("connection", "close");
  }

  /** Resolves when none is left. */
  async drained(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.emptied = resolve;
    this.withdraw();
    if (this.answers.size > 0) await promise;
  }
}

/** Node counts a connection that has not sent its first request as active: it would keep the server open. */
async function stopNode(server: Server, underWay: UnderWay): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  await underWay.drained();
  server.closeAllConnections();
  await closed;
}
