import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { createCompletion } from "../../../adapters/outbound/openai/completion.ts";
import { type OpenAICompletionOptions, openaiCompletionOptions } from "../../../adapters/outbound/openai/options.ts";
import { ServiceError } from "../../../domain/errors.ts";
import type { CompletionEvent, CompletionPort, CompletionRequest } from "../../../domain/ports/completion-port.ts";
import { type LoopbackCall, replyJson, startLoopback } from "../../support/wires/loopback.ts";
import { openaiDialect } from "../../support/wires/openai-wire.ts";

const REQUEST: CompletionRequest = {
  prompt: {
    system: "Be brief.",
    messages: [
      { role: "user", content: "Hello." },
      { role: "assistant", content: "Good day." },
      { role: "user", content: "Where is it?" },
    ],
    question: "Where is it?",
    sources: [],
  },
  maxTokens: 300,
};

const ANSWER = {
  deltas: ["There."],
  finishReason: "stop",
  usage: { inputTokens: 1, outputTokens: 1, cachedInputTokens: 0 },
} as const;

const answerWell = (call: LoopbackCall) => {
  if (!openaiDialect.streams(call)) return replyJson(call, 200, openaiDialect.whole(ANSWER));
  return replyStream(call, [
    ...ANSWER.deltas.map((text) => openaiDialect.delta(text)),
    ...openaiDialect.ending(ANSWER, call),
  ]);
};

async function open(answer: (call: LoopbackCall) => void, options: Partial<OpenAICompletionOptions> = {}) {
  const vendor = await startLoopback(answer);
  onTestFinished(() => vendor.close());
  const port = createCompletion(
    openaiCompletionOptions.parse({
      model: "gpt-4o",
      api_key: "sk-given",
      base_url: `${vendor.url}/v1`,
      context_tokens: 1000,
      ...options,
    }),
  );
  return { port, vendor };
}

describe("OpenAICompletion's request", () => {
  it("sends system, history and question in their order, and bounds the answer for every model alike", async () => {
    const { port, vendor } = await open(answerWell);
    await port.complete(REQUEST, unending());
    expect(vendor.calls[0]?.path).toBe("/v1/chat/completions");
    expect(vendor.calls[0]?.body).toEqual({
      model: "gpt-4o",
      messages: [{ role: "system", content: "Be brief." }, ...REQUEST.prompt.messages],
      max_completion_tokens: 300,
    });
  });

  it("sends no system message where there are no instructions", async () => {
    const { port, vendor } = await open(answerWell);
    await port.complete({ ...REQUEST, prompt: { ...REQUEST.prompt, system: "" } }, unending());
    expect(vendor.calls[0]?.body.messages).toEqual(REQUEST.prompt.messages);
  });

  it("sends the temperature that was asked for, 0 too", async () => {
    const { port, vendor } = await open(answerWell);
    const { warnings } = await port.complete({ ...REQUEST, temperature: 0 }, unending());
    expect(vendor.calls[0]?.body.temperature).toBe(0);
    expect(warnings).toEqual([]);
  });

  it("leaves the temperature out for a model that takes none, and says so in the answer", async () => {
    const { port, vendor } = await open(answerWell, { temperature: "unsupported" });
    const whole = await port.complete({ ...REQUEST, temperature: 0.5 }, unending());
    const events = await eventsOf(port, { ...REQUEST, temperature: 0.5 });
    for (const { body } of vendor.calls) expect(body).not.toHaveProperty("temperature");
    expect(whole.warnings).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ type: "finish", warnings: whole.warnings });
    expect((await port.complete(REQUEST, unending())).warnings).toEqual([]);
  });

  it("makes one attempt", async () => {
    const { port, vendor } = await open((call) =>
      replyJson(call, 500, { error: { message: "No.", type: "server_error" } }),
    );
    expect((await failureOf(port.complete(REQUEST, unending()))).code).toBe("vendor-unavailable");
    expect(vendor.calls).toHaveLength(1);
  });
});

describe("OpenAICompletion's account", () => {
  const VARIABLES = {
    OPENAI_API_KEY: "sk-env",
    OPENAI_ADMIN_KEY: "sk-admin-env",
    OPENAI_ORG_ID: "org-env",
    OPENAI_PROJECT_ID: "proj-env",
    OPENAI_BASE_URL: "http://127.0.0.1:9/v1",
    OPENAI_CUSTOM_HEADERS: "x-from-env: yes\nauthorization: Bearer sk-header-env",
    OPENAI_LOG: "debug",
    HTTP_PROXY: "http://127.0.0.1:9",
    HTTPS_PROXY: "http://127.0.0.1:9",
    ALL_PROXY: "http://127.0.0.1:9",
    NODE_USE_ENV_PROXY: "1",
  };
  beforeEach(() => {
    for (const [name, value] of Object.entries(VARIABLES)) vi.stubEnv(name, value);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it("is what the options say, whatever stands in the environment", async () => {
    const { port, vendor } = await open(answerWell);
    await port.complete(REQUEST, unending());
    const headers = vendor.calls[0]?.headers;
    expect(headers?.authorization).toBe("Bearer sk-given");
    expect(JSON.stringify(headers)).not.toMatch(/env/u);
    expect(headers).not.toHaveProperty("x-from-env");
  });

  it("names the organization that the options name", async () => {
    const { port, vendor } = await open(answerWell, { organization: "org-given" });
    await port.complete(REQUEST, unending());
    expect(vendor.calls[0]?.headers["openai-organization"]).toBe("org-given");
    expect(vendor.calls[0]?.headers).not.toHaveProperty("openai-project");
  });
});

describe("OpenAICompletion's reading", () => {
  it("throws `content-refused` where the model refuses, whole or streamed", async () => {
    const { port } = await open((call) =>
      openaiDialect.streams(call)
        ? replyStream(call, [
            openaiDialect.delta("I "),
            event({ choices: [{ index: 0, delta: { refusal: "I can't." } }] }),
          ])
        : replyJson(call, 200, {
            choices: [{ message: { content: null, refusal: "I can't." }, finish_reason: "stop" }],
          }),
    );
    expect((await failureOf(port.complete(REQUEST, unending()))).code).toBe("content-refused");
    expect((await failureOf(eventsOf(port))).code).toBe("content-refused");
  });

  it("counts nothing where the vendor counts nothing", async () => {
    const { port } = await open((call) =>
      replyJson(call, 200, { choices: [{ message: { content: "There." }, finish_reason: "stop" }] }),
    );
    const usage = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 };
    expect(await port.complete(REQUEST, unending())).toEqual({
      text: "There.",
      toolCalls: [],
      finishReason: "stop",
      usage,
      warnings: [],
    });
  });

  const unreadable: readonly (readonly [string, (call: LoopbackCall) => void])[] = [
    [
      "an unknown finish reason",
      (call) => replyJson(call, 200, { choices: [{ message: { content: "x" }, finish_reason: "odd" }] }),
    ],
    ["no choice", (call) => replyJson(call, 200, { choices: [] })],
    [
      "a page of HTML",
      (call) => void call.response.writeHead(200, { "content-type": "text/html" }).end("<p>Sign in</p>"),
    ],
    [
      "half a JSON",
      (call) => void call.response.writeHead(200, { "content-type": "application/json" }).end('{"choices":['),
    ],
    ["nothing", (call) => void call.response.writeHead(200, { "content-type": "application/json" }).end()],
    ["events that are no JSON", (call) => replyStream(call, [Buffer.from("data: {oops\n\n")])],
    ["events of another shape", (call) => replyStream(call, [event({ choices: "none" })])],
  ];
  for (const [what, answer] of unreadable) {
    it(`throws \`vendor-reply-invalid\` for ${what}, whole or streamed`, async () => {
      const { port } = await open(answer);
      expect((await failureOf(port.complete(REQUEST, unending()))).code).toBe("vendor-reply-invalid");
      expect((await failureOf(eventsOf(port))).code).toBe("vendor-reply-invalid");
    });
  }

  it("takes the finish reason from a chunk that holds text too", async () => {
    const { port } = await open((call) =>
      replyStream(call, [event({ choices: [{ delta: { content: "All." }, finish_reason: "stop" }] })]),
    );
    expect(await eventsOf(port)).toMatchObject([
      { type: "delta", text: "All." },
      { type: "finish", finishReason: "stop" },
    ]);
  });
});

describe("OpenAICompletion's errors", () => {
  const statuses = [
    [400, "vendor-rejected", false],
    [401, "vendor-auth", false],
    [403, "vendor-auth", false],
    [404, "vendor-rejected", false],
    [408, "vendor-unavailable", true],
    [409, "vendor-unavailable", true],
    [422, "vendor-rejected", false],
    [429, "rate-limited", true],
    [500, "vendor-unavailable", true],
    [529, "vendor-unavailable", true],
  ] as const;
  for (const [status, code, retryable] of statuses) {
    it(`turns status ${status} without a word of explanation into \`${code}\``, async () => {
      const { port } = await open((call) => void call.response.writeHead(status).end());
      expect(await failureOf(port.complete(REQUEST, unending()))).toMatchObject({ code, retryable });
    });
  }

  it("does not call a spent quota retryable", async () => {
    const error = {
      message: "You exceeded your quota.",
      type: "insufficient_quota",
      param: null,
      code: "insufficient_quota",
    };
    const { port } = await open((call) => replyJson(call, 429, { error }));
    expect(await failureOf(port.complete(REQUEST, unending()))).toMatchObject({
      code: "rate-limited",
      retryable: false,
    });
  });

  it("names status, code and parameter, and nothing of the vendor's message", async () => {
    const error = {
      message: "sk-given is bad\nreally",
      type: "invalid_request_error",
      param: "messages[0]",
      code: "unsupported_value",
    };
    const { port } = await open((call) => replyJson(call, 400, { error }));
    const { message } = await failureOf(port.complete(REQUEST, unending()));
    expect(message).toBe("The OpenAI API rejected the request (400, unsupported_value, messages[0]).");
  });

  const insideStream = [
    [{ code: "context_length_exceeded", type: "invalid_request_error" }, "context-overflow"],
    [{ code: null, type: "invalid_request_error" }, "vendor-rejected"],
    [{ code: "rate_limit_exceeded", type: "tokens" }, "rate-limited"],
    [{ code: 502, message: "Provider returned error" }, "vendor-unavailable"],
    [{ code: 401, message: "No auth" }, "vendor-auth"],
    [{ message: "Something" }, "vendor-unavailable"],
    [{ code: "constructor", type: "__proto__" }, "vendor-unavailable"],
  ] as const;
  for (const [error, code] of insideStream) {
    it(`turns ${JSON.stringify(error)} inside a stream into \`${code}\``, async () => {
      const { port } = await open((call) => replyStream(call, [openaiDialect.delta("There"), event({ error })]));
      expect((await failureOf(eventsOf(port))).code).toBe(code);
    });
  }

  const hints = [
    [{ "retry-after": "1.5" }, 1500],
    [{ "retry-after-ms": "250", "retry-after": "1" }, 250],
    [{ "retry-after": new Date(0).toUTCString() }, 0],
    [{ "retry-after": "soon" }, undefined],
    [{ "retry-after-ms": "Infinity" }, undefined],
    [{ "retry-after-ms": "", "retry-after": "2" }, 2000],
    [{}, undefined],
  ] as const;
  for (const [headers, retryAfterMs] of hints) {
    it(`reads ${retryAfterMs} ms to wait out of ${JSON.stringify(headers)}`, async () => {
      const { port } = await open((call) => replyJson(call, 429, { error: { message: "Wait." } }, headers));
      expect((await failureOf(port.complete(REQUEST, unending()))).retryAfterMs).toBe(retryAfterMs);
    });
  }

  it("takes no count that is none: it would stand in every sum", async () => {
    const whole = JSON.stringify(openaiDialect.whole(ANSWER)).replace(
      '"completion_tokens":1',
      '"completion_tokens":1e999',
    );
    const { port } = await open(({ response }) => response.setHeader("content-type", "application/json").end(whole));
    expect((await failureOf(port.complete(REQUEST, unending()))).code).toBe("vendor-reply-invalid");
  });

  it("throws `vendor-unavailable` where nobody listens", async () => {
    const { port, vendor } = await open(answerWell);
    await vendor.close();
    for (const work of [() => port.complete(REQUEST, unending()), () => eventsOf(port)]) {
      expect(await failureOf(work())).toMatchObject({ code: "vendor-unavailable", retryable: true });
    }
  });
});

function replyStream(call: LoopbackCall, frames: readonly Uint8Array[]): void {
  call.response.writeHead(200, { "content-type": openaiDialect.streamType }).end(Buffer.concat(frames));
}

function event(data: unknown): Uint8Array {
  return Buffer.from(`data: ${JSON.stringify(data)}\n\n`);
}

async function eventsOf(port: CompletionPort, request = REQUEST): Promise<readonly CompletionEvent[]> {
  const events: CompletionEvent[] = [];
  for await (const next of port.stream(request, unending())) events.push(next);
  return events;
}

async function failureOf(work: Promise<unknown>): Promise<ServiceError> {
  const outcome = await work.then(
    () => "an answer",
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(ServiceError);
  return outcome as ServiceError;
}

function unending(): AbortSignal {
  return new AbortController().signal;
}
