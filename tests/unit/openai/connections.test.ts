import { describe, expect, it, onTestFinished } from "vitest";
import { createCompletion } from "../../../adapters/outbound/openai/completion.ts";
import { openaiCompletionOptions } from "../../../adapters/outbound/openai/options.ts";
import type { CompletionPort } from "../../../domain/ports/completion-port.ts";
import { ANSWER, eventsOf, failureOf, REQUEST, unending } from "../../contract/completion-harness.ts";
import { type LoopbackCall, replyJson, startLoopback } from "../../support/wires/loopback.ts";
import { openaiDialect } from "../../support/wires/openai-wire.ts";
import { writeAnswer } from "../../support/wires/scripted-vendor.ts";

const answerWell = (call: LoopbackCall) => writeAnswer(openaiDialect, call, ANSWER);

async function open(answer: (call: LoopbackCall) => void) {
  const vendor = await startLoopback(answer);
  onTestFinished(() => vendor.close());
  const options = { model: "gpt-4o", api_key: "sk-given", base_url: `${vendor.url}/v1`, context_tokens: 1000 };
  const openPort = (): CompletionPort => {
    const port = createCompletion(openaiCompletionOptions.parse(options));
    onTestFinished(() => port.close?.());
    return port;
  };
  return { vendor, openPort };
}

describe("the connections of the OpenAI adapter", () => {
  it("are used again, whole or streamed, by every model of the origin", async () => {
    const { vendor, openPort } = await open(answerWell);
    const ports = [openPort(), openPort()];
    for (let call = 0; call < 10; call += 1) {
      for (const port of ports) {
        await port.complete(REQUEST, unending());
        await eventsOf(port.stream(REQUEST, unending()));
      }
    }
    expect(vendor.calls).toHaveLength(40);
    // One is not free yet where the next call begins in the same turn of the event loop.
    expect(vendor.connections()).toBeLessThanOrEqual(2);
  });

  it("are as many as there are calls at once", async () => {
    const waiting: LoopbackCall[] = [];
    const { openPort } = await open((call) => {
      waiting.push(call);
      if (waiting.length === 40) for (const held of waiting) answerWell(held);
    });
    const port = openPort();
    await Promise.all(Array.from({ length: 40 }, () => port.complete(REQUEST, unending())));
  });

  it("stay open for the other models where one is closed, and close with the last", async () => {
    const { vendor, openPort } = await open(answerWell);
    const [first, second] = [openPort(), openPort()];
    await first.complete(REQUEST, unending());
    await first.close?.();
    await first.close?.();
    await second.complete(REQUEST, unending());
    await second.close?.();
    await vendor.connectionsAtMost(0);
    const third = openPort();
    expect((await third.complete(REQUEST, unending())).text).not.toBe("");
  });

  it("carry no more headers than the call needs", async () => {
    const { vendor, openPort } = await open(answerWell);
    await openPort().complete(REQUEST, unending());
    expect(Object.keys(vendor.calls[0]?.headers ?? {}).toSorted()).toEqual([
      "authorization",
      "connection",
      "content-length",
      "content-type",
      "host",
      "user-agent",
    ]);
    expect(vendor.calls[0]?.headers["user-agent"]).toBe("pharos");
  });

  it("make the vendor wait where nobody reads", async () => {
    const written = Promise.withResolvers<number>();
    const { openPort } = await open((call) => {
      call.response.writeHead(200, { "content-type": openaiDialect.streamType });
      written.resolve(writeUntilGone(call));
    });
    const deadline = AbortSignal.timeout(500);
    const events = openPort().stream(REQUEST, deadline)[Symbol.asyncIterator]();
    await events.next();
    expect(await written.promise).toBeLessThan(MOST_WRITTEN);
    expect((await failureOf(readOn(events))).code).toBe("timeout");
  });
});

/** What the two sockets and the runtime's own buffers hold at most; the vendor would write without end. */
const MOST_WRITTEN = 24 * 1024 * 1024;

/** Writes as long as the connection takes it, and tells how many bytes that were once it is closed. */
async function writeUntilGone({ response, gone }: LoopbackCall): Promise<number> {
  const frame = openaiDialect.delta("x".repeat(64 * 1024));
  let bytes = 0;
  const write = () => {
    do bytes += frame.length;
    while (response.write(frame));
  };
  response.on("drain", write);
  write();
  await gone;
  return bytes;
}

async function readOn(events: AsyncIterator<unknown>): Promise<void> {
  while ((await events.next()).done !== true);
}

describe("a reply of the OpenAI API", () => {
  it("keeps its status where the connection is lost in the words that explain it", async () => {
    const { openPort } = await open(({ response }) => {
      response.writeHead(429, { "content-length": 100, "retry-after": "7" });
      response.write('{"error":', () => response.socket?.destroy());
    });
    const port = openPort();
    for (const work of [port.complete(REQUEST, unending()), eventsOf(port.stream(REQUEST, unending()))]) {
      expect(await failureOf(work)).toMatchObject({ code: "rate-limited", retryAfterMs: 7000 });
    }
  });

  it("fails with what it reports where its status says that all is well", async () => {
    const error = { message: "Slow down.", type: "tokens", code: "rate_limit_exceeded" };
    const { openPort } = await open((call) => replyJson(call, 200, { error }));
    expect((await failureOf(openPort().complete(REQUEST, unending()))).code).toBe("rate-limited");
  });

  it("is not looked for elsewhere", async () => {
    const { vendor, openPort } = await open((call) => {
      call.response.writeHead(307, { location: "/v1/elsewhere" }).end();
    });
    expect((await failureOf(openPort().complete(REQUEST, unending()))).code).toBe("vendor-rejected");
    expect(vendor.calls).toHaveLength(1);
  });
});
