import type { ErrorCode } from "../../../domain/errors.ts";
import { ANSWER, DELTAS } from "../../contract/completion-harness.ts";
import { type LoopbackCall, replyJson } from "../wires/loopback.ts";
import { writeAnswer, writeStart, writeTorn } from "../wires/scripted-vendor.ts";
import type { FaultyVendorKind } from "./vendors.ts";

/** One way in which a vendor fails a completion. */
export interface Fault {
  /** As docs/errors.md names it. */
  readonly name: string;
  /** What the vendor does with a call; absent where nobody listens. */
  readonly play?: (call: LoopbackCall, vendor: FaultyVendorKind) => void;
  /** What it becomes, where the vendors do not differ. */
  readonly code: ErrorCode | Readonly<Record<FaultyVendorKind["name"], ErrorCode>>;
  /** What the vendor asks to wait, where it does. */
  readonly retryAfterMs?: number;
  /** Whether only a stream can fail so. */
  readonly onlyStreams?: true;
  /** Whether the vendor falls silent, so that only a deadline ends the call. */
  readonly stalls?: true;
}

const SAID = DELTAS.slice(0, 3);

/** Every fault, in the order of the table in docs/errors.md. */
export const FAULTS: readonly Fault[] = [
  { name: "Connection refused", code: "vendor-unavailable" },
  { name: "Reset before the headers", code: "vendor-unavailable", play: reset },
  {
    name: "Reset in the body, before the first token",
    code: "vendor-unavailable",
    play: (call, { dialect }) => {
      writeStart(dialect, call, []);
      flushed(call, () => reset(call));
    },
  },
  {
    name: "Reset in the stream",
    code: "vendor-unavailable",
    onlyStreams: true,
    play: (call, { dialect }) => {
      writeStart(dialect, call, SAID);
      flushed(call, () => reset(call));
    },
  },
  { name: "Silence before the headers", code: "timeout", stalls: true, play: () => {} },
  {
    name: "Silence before the first token",
    code: "timeout",
    stalls: true,
    play: (call, { dialect }) => writeStart(dialect, call, []),
  },
  {
    name: "Silence in the stream",
    code: "timeout",
    stalls: true,
    onlyStreams: true,
    play: (call, { dialect }) => writeStart(dialect, call, SAID),
  },
  status(400, "vendor-rejected"),
  status(401, "vendor-auth"),
  status(403, "vendor-auth"),
  status(404, "vendor-rejected"),
  status(408, "vendor-unavailable"),
  status(413, "vendor-rejected"),
  { ...status(429, "rate-limited", { "retry-after": "7" }), name: "429 with retry-after", retryAfterMs: 7_000 },
  { ...status(429, "rate-limited"), name: "429 without retry-after" },
  status(500, "vendor-unavailable"),
  status(502, "vendor-unavailable"),
  status(503, "vendor-unavailable"),
  status(529, "vendor-unavailable"),
  {
    name: "Invalid JSON",
    code: "vendor-reply-invalid",
    play: (call, { dialect, brokenFrame }) => {
      const streams = dialect.streams(call);
      call.response.writeHead(200, { "content-type": streams ? dialect.streamType : "application/json" });
      call.response.end(streams ? brokenFrame : '{"choices": [{');
    },
  },
  {
    name: "Stream that ends without its last event",
    code: "vendor-reply-invalid",
    onlyStreams: true,
    play: (call, { dialect }) => {
      writeStart(dialect, call, SAID);
      call.response.end();
    },
  },
  {
    name: "Error event in the stream",
    code: "vendor-unavailable",
    onlyStreams: true,
    play: (call, { dialect }) => {
      writeStart(dialect, call, SAID);
      writeTorn(call, [dialect.failure()]);
      call.response.end();
    },
  },
  {
    name: "Empty answer",
    code: "vendor-reply-invalid",
    play: (call, { dialect }) => writeAnswer(dialect, call, { ...ANSWER, deltas: [] }),
  },
  {
    name: "Prompt that is too long",
    code: { openai: "context-overflow", bedrock: "vendor-rejected" },
    play: (call, { overflow }) => overflow(call),
  },
];

/** What the fault of this vendor becomes. */
export function codeOf({ code }: Fault, vendor: FaultyVendorKind["name"]): ErrorCode {
  return typeof code === "string" ? code : code[vendor];
}

/** The name of the model that fails so. */
export function modelOf({ name }: Fault): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/gu, "-");
}

function status(code: number, becomes: ErrorCode, headers: Readonly<Record<string, string>> = {}): Fault {
  return {
    name: `${code}`,
    code: becomes,
    play: (call, { errors }) => {
      const { body, headers: more = {} } = errors(code);
      replyJson(call, code, body, { ...more, ...headers });
    },
  };
}

function reset({ response }: LoopbackCall): void {
  response.socket?.resetAndDestroy();
}

/** What was written before has to leave first. */
function flushed({ response }: LoopbackCall, then: () => void): void {
  response.write("", then);
}
