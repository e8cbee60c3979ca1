import { EventEmitter, once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One call that reached a loopback vendor. */
export interface LoopbackCall {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The JSON that was sent. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly response: ServerResponse;
  /** Resolves once the caller's connection is closed before the reply was written to its end. */
  readonly gone: Promise<void>;
  /** Resolves once the call is over: its reply is written to the end, or its connection is closed. */
  readonly over: Promise<void>;
}

/** A vendor on a port of 127.0.0.1. */
export interface Loopback {
  readonly url: string;
  /** Calls in the order in which they came. */
  readonly calls: readonly LoopbackCall[];
  /** Connections that were opened so far. */
  connections(): number;
  /** Resolves once no more than so many connections are open. */
  connectionsAtMost(count: number): Promise<void>;
  /** Drops all connections and stops. */
  close(): Promise<void>;
}

/** Starts a vendor that takes JSON over HTTP/1.1 and answers with `answer`. */
export async function startLoopback(answer: (call: LoopbackCall) => void): Promise<Loopback> {
  const calls: LoopbackCall[] = [];
  let connections = 0;
  let open = 0;
  const closings = new EventEmitter();
  const server = createServer(async (request, response) => {
    const gone = Promise.withResolvers<void>();
    const over = Promise.withResolvers<void>();
    response.once("close", () => {
      over.resolve();
      if (!response.writableFinished) gone.resolve();
    });
    const text = await textOf(request).catch(() => undefined);
    // Who leaves before it has said all has asked nothing.
    if (text === undefined) return;
    const body = JSON.parse(text || "{}");
    const { url: path = "", headers } = request;
    const call = { path, headers, body, response, gone: gone.promise, over: over.promise };
    calls.push(call);
    answer(call);
  });
  server.on("connection", (socket) => {
    connections += 1;
    open += 1;
    socket.once("close", () => {
      open -= 1;
      closings.emit("close");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    connections: () => connections,
    connectionsAtMost: async (count) => {
      while (open > count) await once(closings, "close");
    },
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Sends a whole JSON reply. */
export function replyJson(
  call: LoopbackCall,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  call.response.writeHead(status, { "content-type": "application/json", ...headers });
  call.response.end(JSON.stringify(body));
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
