import { once } from "node:events";
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
}

/** A vendor on a port of 127.0.0.1. */
export interface Loopback {
  readonly url: string;
  /** Calls in the order in which they came. */
  readonly calls: readonly LoopbackCall[];
  /** Connections that were opened so far. */
  connections(): number;
  /** Drops all connections and stops. */
  close(): Promise<void>;
}

/** Starts a vendor that takes JSON over HTTP/1.1 and answers with `answer`. */
export async function startLoopback(answer: (call: LoopbackCall) => void): Promise<Loopback> {
  const calls: LoopbackCall[] = [];
  let connections = 0;
  const server = createServer(async (request, response) => {
    const gone = Promise.withResolvers<void>();
    response.once("close", () => {
      if (!response.writableFinished) gone.resolve();
    });
    const body = JSON.parse((await textOf(request)) || "{}");
    const call = { path: request.url ?? "", headers: request.headers, body, response, gone: gone.promise };
    calls.push(call);
    answer(call);
  });
  server.on("connection", () => {
    connections += 1;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    connections: () => connections,
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
