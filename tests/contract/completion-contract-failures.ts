import { describe, expect, it } from "vitest";
import { type ErrorCode, ServiceError } from "../../domain/errors.ts";
import type { CompletionEvent } from "../../domain/ports/completion-port.ts";
import { watchedSignal } from "../support/watched-signal.ts";
import {
  ANSWER,
  COMPLETION_CODES,
  type CompletionCase,
  type CompletionCode,
  type Context,
  consumeInto,
  DELTAS,
  eventsOf,
  failureOf,
  type OpenCompletion,
  type Opened,
  RETRY_AFTER_MS,
  type Stall,
  TEXT,
  textOf,
  unending,
} from "./completion-harness.ts";

/** The cases in which there is no answer: aborts, deadlines, failures, streams that break. */
export function describeCompletionFailures(context: Context): void {
  describeCancellation(context);
  describeListeners(context);
  describeErrors(context);
  describeBrokenStreams(context);
}

/** Whether the same call may succeed later: the same for every model. */
const RETRYABLE: Partial<Record<CompletionCode, boolean>> = {
  "context-overflow": false,
  "content-refused": false,
  "rate-limited": true,
  "vendor-auth": false,
  "vendor-rejected": false,
  "vendor-unavailable": true,
};

const DEADLINE = new DOMException("The operation timed out.", "TimeoutError");

/** What a signal may be aborted with, and the code that this stands for. */
const REASONS: readonly (readonly [ErrorCode, unknown])[] = [
  ["cancelled", undefined],
  ["timeout", DEADLINE],
  ["shutting-down", new ServiceError("shutting-down", "The service is going down.")],
];

function describeCancellation({ open, case: only }: Context): void {
  describe("cancellation", () => {
    for (const [code, reason] of REASONS) {
      it(`throws \`${code}\` before it asks the vendor where the signal says so already`, async () => {
        const { port, request, calls } = await open();
        const signal = AbortSignal.abort(reason);
        expect((await failureOf(port.complete(request, signal))).code).toBe(code);
        expect((await failureOf(eventsOf(port.stream(request, signal)))).code).toBe(code);
        expect(calls?.() ?? 0).toBe(0);
      });

      const MOMENTS = [
        ["stall", "before the reply of `complete`", "complete", 0],
        ["stall-midway", "amid the reply of `complete`", "complete", 2],
        ["stall", "before the first delta", "stream", 0],
        ["stall-midway", "amid the stream", "stream", 2],
      ] as const;
      for (const [key, moment, method, deltas] of MOMENTS) {
        only(key, `throws \`${code}\` and ends the vendor's work where the signal says so ${moment}`, async () => {
          const opened = await open();
          const stall = stallOf(opened, deltas);
          const controller = new AbortController();
          const work = begin(opened, method, controller.signal);
          await stall.reached;
          if (method === "stream" && deltas > 0) await work.started;
          controller.abort(reason);
          expect((await failureOf(work.done)).code).toBe(code);
          expect(work.events.every(({ type }) => type === "delta")).toBe(true);
          expect(TEXT.startsWith(textOf(work.events))).toBe(true);
          await stall.stopped;
          stall.release();
          expect((await opened.port.complete(opened.request, unending())).text).not.toBe("");
        });
      }
    }

    for (const method of ["complete", "stream"] as const) {
      only("stall", `throws \`timeout\` from \`${method}\` on a real clock`, async () => {
        const opened = await open();
        const stall = stallOf(opened, 0);
        const failure = await failureOf(begin(opened, method, AbortSignal.timeout(30)).done);
        stall.release();
        expect(failure).toMatchObject({ code: "timeout", retryable: true });
      });
    }

    it("throws `cancelled` where the signal says so between two events", async () => {
      const { port, request } = await open();
      const controller = new AbortController();
      const events: CompletionEvent[] = [];
      const read = async () => {
        for await (const event of port.stream(request, controller.signal)) {
          events.push(event);
          controller.abort();
        }
      };
      expect((await failureOf(read())).code).toBe("cancelled");
      expect(events.every(({ type }) => type === "delta")).toBe(true);
    });

    only("early-return", "ends the vendor's work where the iteration is left early", async () => {
      const opened = await open();
      const stall = stallOf(opened, 2);
      for await (const event of opened.port.stream(opened.request, unending())) {
        expect(event.type).toBe("delta");
        break;
      }
      await stall.stopped;
      stall.release();
      expect((await opened.port.complete(opened.request, unending())).text).not.toBe("");
    });
  });
}

function describeListeners({ open, case: only }: Context): void {
  describe("listeners", () => {
    it("leaves none on the signal after an answer", async () => {
      const { port, request } = await open();
      const watched = watchedSignal();
      await port.complete(request, watched.signal);
      await watched.unheard();
      await eventsOf(port.stream(request, watched.signal));
      await watched.unheard();
    });

    it("leaves none on the signal where the iteration is left early", async () => {
      const { port, request } = await open();
      const watched = watchedSignal();
      for await (const _ of port.stream(request, watched.signal)) break;
      await watched.unheard();
    });

    only("vendor-unavailable", "leaves none on the signal after a failure", async () => {
      const { port, request, provoke } = await open();
      const watched = watchedSignal();
      provoke?.["vendor-unavailable"]?.();
      await failureOf(port.complete(request, watched.signal));
      provoke?.["vendor-unavailable"]?.();
      await failureOf(eventsOf(port.stream(request, watched.signal)));
      await watched.unheard();
    });
  });
}

function describeErrors({ open, case: only, secrets }: Context): void {
  describe("errors", () => {
    for (const code of COMPLETION_CODES) {
      only(code, `throws a ServiceError \`${code}\` that is safe to show, and answers again later`, async () => {
        const { port, request, provoke, answer } = await open();
        const make = provoke?.[code];
        if (make === undefined) throw new Error(`The harness neither provokes nor skips ${code}.`);
        make();
        const whole = await failureOf(port.complete(request, unending()));
        make();
        const streamed = await failureOf(eventsOf(port.stream(request, unending())));
        for (const error of [whole, streamed]) {
          expect(error.code, error.message).toBe(code);
          expect(error.retryable).toBe(RETRYABLE[code] ?? error.retryable);
          expect(error.message).toMatch(/^[^\n]{10,300}$/u);
          for (const secret of secrets) expect(error.message).not.toContain(secret);
        }
        answer?.(ANSWER);
        expect((await port.complete(request, unending())).text).not.toBe("");
      });
    }

    only("retry-hint", "says how long the vendor asks to wait", async () => {
      const { port, request, provoke } = await open();
      provoke?.["rate-limited"]?.();
      expect((await failureOf(port.complete(request, unending()))).retryAfterMs).toBe(RETRY_AFTER_MS);
    });
  });
}

function describeBrokenStreams({ open, case: only }: Context): void {
  const breakages = [
    ["end-early", "ends as if all were well", (opened) => opened.breakOff?.(DELTAS.slice(0, 3), "end")],
    ["drop", "loses its connection", (opened) => opened.breakOff?.(DELTAS.slice(0, 3), "drop")],
    ["failure-midway", "reports a failure midway", (opened) => opened.failMidway?.(DELTAS.slice(0, 3))],
  ] as const satisfies readonly (readonly [CompletionCase, string, (opened: OpenCompletion) => void])[];
  describe("broken streams", () => {
    for (const [key, what, breakIt] of breakages) {
      only(key, `never passes for a short answer where the vendor ${what}`, async () => {
        const opened = await open();
        breakIt(opened);
        const events: CompletionEvent[] = [];
        const failure = await failureOf(consumeInto(events, opened.port.stream(opened.request, unending())));
        expect(["vendor-unavailable", "vendor-reply-invalid", "rate-limited"], failure.message).toContain(failure.code);
        expect(failure.retryable).toBe(true);
        expect(events.every(({ type }) => type === "delta")).toBe(true);
        expect(TEXT.startsWith(textOf(events))).toBe(true);
      });
    }

    only("drop-reply", "never passes for an answer of `complete` where the vendor loses its connection", async () => {
      const { port, request, breakOff } = await open();
      breakOff?.(DELTAS.slice(0, 3), "drop");
      const failure = await failureOf(port.complete(request, unending()));
      expect(["vendor-unavailable", "vendor-reply-invalid"]).toContain(failure.code);
    });
  });
}

function stallOf(opened: OpenCompletion, deltas: number): Stall {
  const stall = opened.stall?.(DELTAS.slice(0, deltas));
  if (stall === undefined) throw new Error("The harness neither stalls nor skips the cases that need it.");
  return stall;
}

interface Work {
  /** What a stream gave so far. */
  readonly events: readonly CompletionEvent[];
  /** Resolves at the stream's first event. */
  readonly started: Promise<void>;
  readonly done: Promise<unknown>;
}

function begin({ port, request }: Opened, method: "complete" | "stream", signal: AbortSignal): Work {
  const events: CompletionEvent[] = [];
  const { promise: started, resolve } = Promise.withResolvers<void>();
  const read = async () => {
    for await (const event of port.stream(request, signal)) {
      events.push(event);
      resolve();
    }
  };
  const done = method === "complete" ? port.complete(request, signal) : read();
  done.catch(() => undefined);
  return { events, started, done };
}
