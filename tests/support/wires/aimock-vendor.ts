import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type ErrorResponse, type Fixture, type TextResponse } from "@copilotkit/aimock";
import type {
  CompletionCase,
  CompletionCode,
  OpenCompletion,
  VendorAnswer,
} from "../../contract/completion-harness.ts";
import { OPENAI_ERRORS, OPENAI_FINISH_REASONS } from "./openai-wire.ts";

type Controls = Required<Pick<OpenCompletion, "answer" | "stall" | "breakOff" | "calls">>;

export interface AimockVendor extends Controls {
  readonly url: string;
  /** Makes calls fail with the code. */
  fail(code: CompletionCode): void;
  close(): Promise<void>;
}

/** What aimock 1.43 cannot do, and the project's own wires can. */
export const BEYOND_AIMOCK = {
  "cached-usage": "aimock counts no cached tokens",
  "tool-answers": "aimock makes up new ids for tool calls each time",
  heard: "aimock reads what it needs only",
  "stall-midway": "aimock falls silent midway by timers only",
  "early-return": "aimock falls silent midway by timers only",
  "end-early": "aimock breaks off by dropping the connection only",
  "drop-reply": "aimock breaks off streams only",
  "failure-midway": "aimock reports no failure inside a stream",
} as const satisfies Partial<Record<CompletionCase, string>>;

/** Characters that aimock puts into one chunk of a stream. */
const CHUNK_SIZE = 8;

/**
 * A vendor whose wire others wrote, for OpenAI and Bedrock alike: it does what the test says, as far as it can.
 *
 * @param contentFilter the vendor's own word for that finish reason, which aimock does not translate
 */
export async function startAimockVendor(contentFilter: string): Promise<AimockVendor> {
  let usual: TextResponse = { content: "" };
  let respond: () => TextResponse | ErrorResponse | Promise<TextResponse> = () => usual;
  const fixture: Fixture = { match: { predicate: () => true }, response: () => respond(), chunkSize: CHUNK_SIZE };
  const { server, url } = await createServer([fixture], { port: 0, host: "127.0.0.1" });
  let calls = 0;
  let gone = () => {};
  server.on("request", (_: IncomingMessage, response: ServerResponse) => {
    calls += 1;
    const report = gone;
    response.once("close", () => {
      if (!response.writableFinished) report();
    });
  });
  const play = (next: typeof respond) => {
    delete fixture.truncateAfterChunks;
    delete fixture.chaos;
    respond = next;
  };
  return {
    url,
    calls: () => calls,
    answer: (answer) => {
      usual = textResponse(answer, contentFilter);
      play(() => usual);
    },
    stall: () => {
      const reached = Promise.withResolvers<void>();
      const stopped = Promise.withResolvers<void>();
      const released = Promise.withResolvers<TextResponse>();
      gone = stopped.resolve;
      play(() => {
        reached.resolve();
        return released.promise;
      });
      const release = () => {
        released.resolve(usual);
        play(() => usual);
      };
      return { reached: reached.promise, stopped: stopped.promise, release };
    },
    breakOff: (deltas) => {
      play(() => usual);
      fixture.truncateAfterChunks = deltas.length;
    },
    fail: (code) => {
      if (code === "vendor-reply-invalid") {
        play(() => usual);
        fixture.chaos = { malformedRate: 1 };
        return;
      }
      const { status, error } = OPENAI_ERRORS[code];
      const { type, code: vendorCode, message } = error;
      const details = { type, message, ...(vendorCode === null ? {} : { code: vendorCode }) };
      play(() => ({ error: details, status, retryAfter: 7 }));
    },
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function textResponse({ deltas, finishReason, usage }: VendorAnswer, contentFilter: string): TextResponse {
  const reason = finishReason === "content-filter" ? contentFilter : OPENAI_FINISH_REASONS[finishReason];
  return {
    content: deltas.join(""),
    ...(reason === undefined ? {} : { finishReason: reason }),
    usage: {
      prompt_tokens: usage.inputTokens,
      completion_tokens: usage.outputTokens,
      total_tokens: usage.inputTokens + usage.outputTokens,
    },
  };
}
