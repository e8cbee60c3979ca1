import { createServer, type ServerResponse } from "node:http";

/** A vendor that always says the same at once: JSON of about 500 bytes, or a stream of 30 chunks, each written in a turn of its own. */

const HEAD = { id: "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT", created: 1_760_000_000, model: "gpt-4o-2024-08-06" };
const USAGE = { prompt_tokens: 19, completion_tokens: 28, total_tokens: 47 };
const WORDS = Array.from({ length: 28 }, (_, index) => `word${index} `);

const whole = Buffer.from(
  JSON.stringify({
    ...HEAD,
    object: "chat.completion",
    choices: [{ index: 0, message: { role: "assistant", content: WORDS.join("") }, finish_reason: "stop" }],
    usage: USAGE,
  }),
);

const chunk = (delta: object, finish: string | null) =>
  event({ ...HEAD, object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason: finish }] });
const event = (data: object) => `data: ${JSON.stringify(data)}\n\n`;

const chunks = [
  chunk({ role: "assistant", content: WORDS[0] }, null),
  ...WORDS.slice(1).map((content) => chunk({ content }, null)),
  chunk({}, "stop"),
  `${event({ ...HEAD, object: "chat.completion.chunk", choices: [], usage: USAGE })}data: [DONE]\n\n`,
].map((text) => Buffer.from(text));

function writeStream(response: ServerResponse, next = 0): void {
  if (next === chunks.length) response.end();
  else if (!response.destroyed) {
    response.write(chunks[next]);
    setImmediate(writeStream, response, next + 1);
  }
}

const server = createServer((request, response) => {
  const body: Buffer[] = [];
  request.on("data", (bytes: Buffer) => body.push(bytes));
  request.on("end", () => {
    if (Buffer.concat(body).includes('"stream":true')) {
      response.writeHead(200, { "content-type": "text/event-stream" });
      writeStream(response);
    } else {
      response.writeHead(200, { "content-type": "application/json", "content-length": whole.length });
      response.end(whole);
    }
  });
});
server.keepAliveTimeout = 600_000;
server.listen(Number(process.argv[2]), "127.0.0.1");
