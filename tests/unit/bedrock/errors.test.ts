import { describe, expect, it, onTestFinished } from "vitest";
import { createCompletion } from "../../../adapters/outbound/bedrock/completion.ts";
import { bedrockCompletionOptions } from "../../../adapters/outbound/bedrock/options.ts";
import { ServiceError } from "../../../domain/errors.ts";
import type { CompletionPort, CompletionRequest } from "../../../domain/ports/completion-port.ts";
import { LOOPBACK_KEYS, withAwsEnvironment } from "../../support/aws-environment.ts";
import {
  bedrockDialect,
  bedrockError,
  bedrockEvent,
  bedrockException,
  replyException,
} from "../../support/wires/bedrock-wire.ts";
import { type LoopbackCall, replyJson, startLoopback } from "../../support/wires/loopback.ts";

const REQUEST: CompletionRequest = {
  prompt: { system: "", messages: [{ role: "user", content: "Where?" }], question: "Where?", sources: [] },
  maxTokens: 10,
};

async function open(answer: (call: LoopbackCall) => void) {
  const vendor = await startLoopback(answer);
  const endpoint = vendor.url;
  const options = bedrockCompletionOptions.parse({ model: "m", region: "us-east-1", endpoint, context_tokens: 1000 });
  const port = createCompletion(options);
  onTestFinished(async () => {
    await port.close?.();
    await vendor.close();
  });
  return { port, vendor };
}

describe("BedrockCompletion's errors", () => {
  withAwsEnvironment(LOOPBACK_KEYS);

  const exceptions = [
    [400, "ValidationException", "vendor-rejected"],
    [400, "ServiceQuotaExceededException", "rate-limited"],
    [403, "AccessDeniedException", "vendor-auth"],
    [403, "ExpiredTokenException", "vendor-auth"],
    [403, "UnrecognizedClientException", "vendor-auth"],
    [403, "InvalidSignatureException", "vendor-auth"],
    [404, "ResourceNotFoundException", "vendor-rejected"],
    [408, "ModelTimeoutException", "vendor-unavailable"],
    [424, "ModelErrorException", "vendor-unavailable"],
    [429, "ModelNotReadyException", "vendor-unavailable"],
    [429, "ThrottlingException", "rate-limited"],
    [500, "InternalServerException", "vendor-unavailable"],
    [503, "ServiceUnavailableException", "vendor-unavailable"],
    [418, "BrandNewException", "vendor-rejected"],
    [500, "BrandNewException", "vendor-unavailable"],
  ] as const;
  for (const [status, name, code] of exceptions) {
    it(`turns ${name} (${status}) into \`${code}\`, whole or streamed, after one attempt`, async () => {
      const { port, vendor } = await open((call) => replyException(call, { status, name }));
      const failures = [await failureOf(port.complete(REQUEST, unending())), await failureOf(readAll(port))];
      for (const failure of failures) {
        expect(failure).toMatchObject({ code, retryable: code === "rate-limited" || code === "vendor-unavailable" });
        expect(failure.message).not.toContain("may not");
      }
      expect(vendor.calls).toHaveLength(2);
    });
  }

  const statuses = [
    [400, "vendor-rejected"],
    [401, "vendor-auth"],
    [403, "vendor-auth"],
    [413, "vendor-rejected"],
    [429, "rate-limited"],
    [502, "vendor-unavailable"],
  ] as const;
  for (const [status, code] of statuses) {
    it(`turns status ${status} without an exception's name, as a proxy sends it, into \`${code}\``, async () => {
      const { port } = await open((call) => replyJson(call, status, { message: "No." }));
      expect((await failureOf(port.complete(REQUEST, unending()))).code).toBe(code);
    });
  }

  const members = [
    ["throttlingException", "rate-limited"],
    ["validationException", "vendor-rejected"],
    ["internalServerException", "vendor-unavailable"],
    ["modelStreamErrorException", "vendor-unavailable"],
    ["serviceUnavailableException", "vendor-unavailable"],
    ["accessDeniedException", "vendor-auth"],
    ["brandNewException", "vendor-reply-invalid"],
  ] as const;
  for (const [member, code] of members) {
    it(`turns ${member} inside a stream into \`${code}\``, async () => {
      const { port } = await open((call) =>
        replyStream(call, [bedrockDialect.delta("There"), bedrockException(member)]),
      );
      const failure = await failureOf(readAll(port));
      expect(failure.code).toBe(code);
      expect(failure.message).not.toContain("Something failed");
    });
  }

  it("turns an error that the stream names without a model into the code of its name", async () => {
    const { port } = await open((call) => replyStream(call, [bedrockError("InternalFailure")]));
    expect((await failureOf(readAll(port))).code).toBe("vendor-unavailable");
  });

  it("throws `vendor-reply-invalid` for a frame whose checksum is wrong", async () => {
    const frame = Buffer.from(bedrockDialect.delta("There"));
    frame[frame.length - 1] = (frame.at(-1) ?? 0) ^ 0xff;
    const { port } = await open((call) => replyStream(call, [frame]));
    expect((await failureOf(readAll(port))).code).toBe("vendor-reply-invalid");
  });

  it("throws `vendor-reply-invalid` for a frame that ends in its midst", async () => {
    const { port } = await open((call) => replyStream(call, [bedrockDialect.delta("There").subarray(0, 40)]));
    expect((await failureOf(readAll(port))).code).toBe("vendor-reply-invalid");
  });

  it("throws `vendor-reply-invalid` for events of another shape", async () => {
    const event = bedrockEvent("messageStop", { stopReason: 7 });
    const { port } = await open((call) => replyStream(call, [bedrockDialect.delta("There"), event]));
    expect((await failureOf(readAll(port))).code).toBe("vendor-reply-invalid");
  });

  const unreadable: readonly (readonly [string, (call: LoopbackCall) => void])[] = [
    [
      "half a JSON",
      (call) => void call.response.writeHead(200, { "content-type": "application/json" }).end('{"output":{'),
    ],
    [
      "a page of HTML",
      (call) => void call.response.writeHead(200, { "content-type": "text/html" }).end("<p>Sign in</p>"),
    ],
    ["nothing", (call) => void call.response.writeHead(200).end()],
    [
      "an unknown stop reason",
      (call) => replyJson(call, 200, { output: { message: { content: [{ text: "x" }] } }, stopReason: "odd" }),
    ],
    [
      "a malformed output",
      (call) => replyJson(call, 200, { output: { message: { content: [] } }, stopReason: "malformed_model_output" }),
    ],
  ];
  for (const [what, answer] of unreadable) {
    it(`throws \`vendor-reply-invalid\` for ${what}, whole or streamed`, async () => {
      const { port } = await open(answer);
      expect((await failureOf(port.complete(REQUEST, unending()))).code).toBe("vendor-reply-invalid");
      expect((await failureOf(readAll(port))).code).toBe("vendor-reply-invalid");
    });
  }

  it("throws `vendor-unavailable` where nobody listens", async () => {
    const { port, vendor } = await open(() => {});
    await vendor.close();
    for (const work of [() => port.complete(REQUEST, unending()), () => readAll(port)]) {
      expect(await failureOf(work())).toMatchObject({ code: "vendor-unavailable", retryable: true });
    }
  });
});

describe("BedrockCompletion without credentials", () => {
  withAwsEnvironment({});

  it("throws `vendor-auth` and asks nobody", async () => {
    const { port, vendor } = await open(() => {});
    for (const work of [() => port.complete(REQUEST, unending()), () => readAll(port)]) {
      expect(await failureOf(work())).toMatchObject({ code: "vendor-auth", retryable: false });
    }
    expect(vendor.calls).toHaveLength(0);
  });

  it("heeds the signal while the SDK waits for a credentials service", async () => {
    const asked = Promise.withResolvers<void>();
    const service = await startLoopback(() => asked.resolve());
    onTestFinished(() => service.close());
    process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI = `${service.url}/credentials`;
    onTestFinished(() => {
      delete process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI;
    });
    const { port, vendor } = await open(() => {});
    const controller = new AbortController();
    const failures = [port.complete(REQUEST, controller.signal), readAll(port, controller.signal)].map(failureOf);
    await asked.promise;
    controller.abort();
    for (const failure of await Promise.all(failures)) expect(failure.code).toBe("cancelled");
    expect(vendor.calls).toHaveLength(0);
  });
});

function replyStream(call: LoopbackCall, frames: readonly Uint8Array[]): void {
  call.response.writeHead(200, { "content-type": bedrockDialect.streamType }).end(Buffer.concat(frames));
}

async function readAll(port: CompletionPort, signal = unending()): Promise<number> {
  let events = 0;
  for await (const _ of port.stream(REQUEST, signal)) events += 1;
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
