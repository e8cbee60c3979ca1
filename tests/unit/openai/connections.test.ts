import { once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import { createCompletion } from "../../../adapters/outbound/openai/completion.ts";
import { openaiCompletionOptions } from "../../../adapters/outbound/openai/options.ts";
import type { CompletionRequest } from "../../../domain/ports/completion-port.ts";
import { eventsOf, failureOf, unending } from "../../contract/completion-harness.ts";
import { type LoopbackCall, replyJson, startLoopback } from "../../support/wires/loopback.ts";
import { openaiDialect } from "../../support/wires/openai-wire.ts";

const REQUEST: CompletionRequest = {
  prompt: { system: "", messages: [{ role: "user", content: "Where?" }], question: "Where?", sources: [] },
};
const ANSWER = {
  deltas: ["There."],
  finishReason: "stop",
  usage: { inputTokens: 1, outputTokens: 1, cachedInputTokens: 0 },
} as const;

function answer(call: LoopbackCall): void {
  call.response.writeHead(200, { "content-type": openaiDialect.streamType });
  if (openaiDialect.streams(call)) {
    for (const frame of [openaiDialect.delta("There."), ...openaiDialect.ending(ANSWER, call)])
      call.response.write(frame);
    call.response.end();
  } else call.response.end(JSON.stringify(openaiDialect.whole(ANSWER)));
}

async function open(reply = answer) {
  const vendor = await startLoopback(reply);
  onTestFinished(() => vendor.close());
  const account = { model: "gpt-4o", api_key: "sk-given", base_url: `${vendor.url}/v1`, context_tokens: 1000 };
  return { vendor, port: () => createCompletion(openaiCompletionOptions.parse(account)) };
}

/** A connection is free for the next call in the turn after the one in which its reply ended. */
const nextTurn = () => new Promise(setImmediate);

describe("the connections of OpenAICompletion", () => {
  it("are kept for the next call, of another model of the same vendor too", async () => {
    const { vendor, port } = await open();
    const [one, other] = [port(), port()];
    const { signal } = new AbortController();
    await one.complete(REQUEST, signal);
    await nextTurn();
    for await (const _ of other.stream(REQUEST, signal));
    await nextTurn();
    await one.complete(REQUEST, signal);
    expect(vendor.connections()).toBe(1);
  });

  it("are closed when the last model lets go of them", async () => {
    const { vendor, port } = await open();
    const [one, other] = [port(), port()];
    const { signal } = new AbortController();
    await one.complete(REQUEST, signal);
    const socket = vendor.calls[0]?.response.req.socket;
    if (socket === undefined) throw new Error("No call came.");
    await one.close?.();
    await one.close?.();
    await nextTurn();
    await other.complete(REQUEST, signal);
    expect(vendor.connections()).toBe(1);
    const closed = once(socket, "close");
    await other.close?.();
    await closed;
  });

  it("make the vendor wait while nobody reads, and lose nothing", async () => {
    const text = "x".repeat(64 * 1024);
    const pieces = 400;
    let written = 0;
    const { port } = await open((call) => {
      call.response.writeHead(200, { "content-type": openaiDialect.streamType });
      const write = () => {
        while (written < pieces) {
          written += 1;
          if (!call.response.write(openaiDialect.delta(text))) return void call.response.once("drain", write);
        }
        for (const frame of openaiDialect.ending(ANSWER, call)) call.response.write(frame);
        call.response.end();
      };
      write();
    });
    let length = 0;
    let writtenMeanwhile = 0;
    for await (const event of port().stream(REQUEST, new AbortController().signal)) {
      if (event.type !== "delta") continue;
      // Turns in which the vendor could write on.
      if (length === 0) for (let turn = 0; turn < 2_000; turn += 1) await new Promise(setImmediate);
      if (length === 0) writtenMeanwhile = written;
      length += event.text.length;
    }
    expect(length).toBe(text.length * pieces);
    expect(writtenMeanwhile).toBeLessThan(pieces);
  });

  it("are as many as there are calls at once", async () => {
    const waiting: LoopbackCall[] = [];
    const { port } = await open((call) => {
      waiting.push(call);
      if (waiting.length === 40) for (const held of waiting) answer(held);
    });
    const one = port();
    await Promise.all(Array.from({ length: 40 }, () => one.complete(REQUEST, unending())));
  });

  it("carry no more headers than the call needs", async () => {
    const { vendor, port } = await open();
    await port().complete(REQUEST, unending());
    const needed = ["authorization", "connection", "content-length", "content-type", "host", "user-agent"];
    expect(Object.keys(vendor.calls[0]?.headers ?? {}).toSorted()).toEqual(needed);
    expect(vendor.calls[0]?.headers["user-agent"]).toBe("pharos");
  });
});

describe("a reply to OpenAICompletion", () => {
  it("keeps its status where the connection is lost in the words that explain it", async () => {
    const { port } = await open(({ response }) => {
      response.writeHead(429, { "content-length": 100, "retry-after": "7" });
      response.write('{"error":', () => response.socket?.destroy());
    });
    const one = port();
    for (const work of [one.complete(REQUEST, unending()), eventsOf(one.stream(REQUEST, unending()))]) {
      expect(await failureOf(work)).toMatchObject({ code: "rate-limited", retryAfterMs: 7000 });
    }
  });

  it("fails with what it reports where its status says that all is well", async () => {
    const error = { message: "Slow down.", type: "tokens", code: "rate_limit_exceeded" };
    const { port } = await open((call) => replyJson(call, 200, { error }));
    expect((await failureOf(port().complete(REQUEST, unending()))).code).toBe("rate-limited");
  });

  it("is not looked for elsewhere", async () => {
    const { vendor, port } = await open((call) => {
      call.response.writeHead(307, { location: "/v1/elsewhere" }).end();
    });
    expect((await failureOf(port().complete(REQUEST, unending()))).code).toBe("vendor-rejected");
    expect(vendor.calls).toHaveLength(1);
  });
});
