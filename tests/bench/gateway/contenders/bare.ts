import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Pool } from "undici";

/** The least that a proxy can do: bytes in, bytes out. Everything else is told in multiples of it. */
const [port, upstream = ""] = process.argv.slice(2);
const pool = new Pool(upstream, { connections: null, headersTimeout: 0, bodyTimeout: 0 });
const headers = ["authorization", "Bearer sk-bench", "content-type", "application/json"];

function forward(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const path = request.url ?? "";
    pool.dispatch(
      { method: "POST", path, headers, body: Buffer.concat(chunks) },
      {
        onRequestStart: () => {},
        onResponseStart: (_, status, { "content-type": type, "content-length": length }) =>
          void response.writeHead(status, {
            "content-type": String(type),
            ...(length === undefined ? {} : { "content-length": String(length) }),
          }),
        onResponseData: (_, chunk) => void response.write(chunk),
        onResponseEnd: () => void response.end(),
        onResponseError: () => void response.destroy(),
      },
    );
  });
}

createServer(forward).listen(Number(port), "127.0.0.1");
