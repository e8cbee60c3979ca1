import type { TokenLogprob, ToolCall } from "../../../domain/chat.ts";
import type { Heard, OpenCompletion, Stall, VendorAnswer } from "../../contract/completion-harness.ts";
import { type Loopback, type LoopbackCall, startLoopback } from "./loopback.ts";

/** How a vendor writes what the script says. */
export interface Dialect {
  /** Whether the call wants its answer as a stream. */
  streams(call: LoopbackCall): boolean;
  /** Content type of a stream. */
  readonly streamType: string;
  /** The frames before the first delta. */
  opening(): readonly Uint8Array[];
  /** The frame of one delta. */
  delta(text: string, logprob?: TokenLogprob): Uint8Array;
  /** The frames of tool calls, which come after the last delta; at least one call. */
  toolCalls(calls: readonly ToolCall[]): readonly Uint8Array[];
  /** The frames after the last delta and the last tool call. */
  ending(answer: VendorAnswer, call: LoopbackCall): readonly Uint8Array[];
  /** The frame that reports a failure inside a stream. */
  failure(): Uint8Array;
  /** The JSON of an answer that is not streamed. */
  whole(answer: VendorAnswer): unknown;
  /** What the call asks for. @throws where it breaks the vendor's own rules */
  heard(call: LoopbackCall): Heard;
}

/** The text in pieces, as a model streams the arguments of a tool call. */
export function inPieces(text: string): readonly string[] {
  return text.match(/.{1,5}/gsu) ?? [];
}

type Script = (call: LoopbackCall) => void;

type Controls = Required<Pick<OpenCompletion, "answer" | "stall" | "breakOff" | "failMidway" | "calls" | "heard">>;

export interface ScriptedVendor extends Controls {
  readonly loopback: Loopback;
  /** Answers every call so, from now on. */
  play(script: Script): void;
}

/** A loopback vendor that speaks the dialect and does what the test says. */
export async function startScriptedVendor(dialect: Dialect): Promise<ScriptedVendor> {
  let script: Script = (call) => call.response.destroy();
  let usual = script;
  const loopback = await startLoopback((call) => script(call));
  const play = (next: Script) => {
    script = next;
  };
  return {
    loopback,
    play,
    calls: () => loopback.calls.length,
    heard: () => {
      const last = loopback.calls.at(-1);
      if (last === undefined) throw new Error("Nobody has asked anything.");
      return dialect.heard(last);
    },
    answer: (answer) => {
      usual = (call) => writeAnswer(dialect, call, answer);
      play(usual);
    },
    stall: (deltas) => {
      const { script: stalling, stall } = stallAfter(dialect, deltas, () => play(usual));
      play(stalling);
      return stall;
    },
    breakOff: (deltas, how) =>
      play((call) => {
        writeStart(dialect, call, deltas);
        if (how === "end") call.response.end();
        // What was written before has to arrive: the socket is dropped once it is flushed.
        else call.response.write("", () => call.response.socket?.destroy());
      }),
    failMidway: (deltas) =>
      play((call) => {
        writeStart(dialect, call, deltas);
        writeTorn(call, [dialect.failure()]);
        call.response.end();
      }),
  };
}

function stallAfter(
  dialect: Dialect,
  deltas: readonly string[],
  release: () => void,
): { readonly script: Script; readonly stall: Stall } {
  const reached = Promise.withResolvers<void>();
  const stopped = Promise.withResolvers<void>();
  const script = (call: LoopbackCall) => {
    if (deltas.length > 0) writeStart(dialect, call, deltas);
    reached.resolve();
    call.gone.then(stopped.resolve);
  };
  return { script, stall: { reached: reached.promise, stopped: stopped.promise, release } };
}

export function writeAnswer(dialect: Dialect, call: LoopbackCall, scripted: VendorAnswer): void {
  const likelihoods = scripted.logprobs !== undefined && dialect.heard(call).parameters.topLogprobs !== undefined;
  const answer = likelihoods ? scripted : { ...scripted, logprobs: [] };
  const { toolCalls = [] } = answer;
  if (!dialect.streams(call)) {
    call.response.writeHead(200, { "content-type": "application/json" });
    writeTorn(call, [Buffer.from(JSON.stringify(dialect.whole(answer)))]);
  } else {
    writeStart(dialect, call, answer.deltas, answer.logprobs);
    if (toolCalls.length > 0) writeTorn(call, dialect.toolCalls(toolCalls));
    writeTorn(call, dialect.ending(answer, call));
  }
  call.response.end();
}

/** The head and the deltas of a stream, or the first half of an answer that is not streamed. */
export function writeStart(
  dialect: Dialect,
  call: LoopbackCall,
  deltas: readonly string[],
  logprobs: readonly TokenLogprob[] = [],
): void {
  if (dialect.streams(call)) {
    call.response.writeHead(200, { "content-type": dialect.streamType });
    writeTorn(call, [...dialect.opening(), ...deltas.map((delta, index) => dialect.delta(delta, logprobs[index]))]);
    return;
  }
  const usage = { inputTokens: 1, outputTokens: 1, cachedInputTokens: 0 };
  const json = Buffer.from(JSON.stringify(dialect.whole({ deltas, finishReason: "stop", usage })));
  call.response.writeHead(200, { "content-type": "application/json", "content-length": json.length });
  call.response.write(json.subarray(0, json.length / 2));
}

/** Bytes of one piece: small enough to tear frames, and characters within them. */
const PIECE_BYTES = 7;

export function writeTorn({ response }: LoopbackCall, frames: readonly Uint8Array[]): void {
  for (const frame of frames) {
    for (let start = 0; start < frame.length; start += PIECE_BYTES) {
      response.write(frame.subarray(start, start + PIECE_BYTES));
    }
  }
}
