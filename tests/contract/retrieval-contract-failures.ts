import { describe, expect, it } from "vitest";
import { ServiceError } from "../../domain/errors.ts";
import { watchedSignal } from "../support/watched-signal.ts";
import { type Context, FEW_DOCUMENTS, failureOf, unending } from "./retrieval-contract-context.ts";
import { type OpenRetrieval, PROVOKED_CODES, type ProvokedCode, type Stall } from "./retrieval-harness.ts";

/** Whether the same call may succeed later: the same for every engine. */
const RETRYABLE: Partial<Record<ProvokedCode, boolean>> = {
  "rate-limited": true,
  overloaded: true,
  "vendor-unavailable": true,
  "vendor-auth": false,
  "vendor-rejected": false,
  "embedder-mismatch": false,
};

export function describeCancellation(context: Context): void {
  const deadline = new DOMException("The operation timed out.", "TimeoutError");
  describe("cancellation", () => {
    it("throws `cancelled` where the signal is aborted already", async () => {
      const { port } = await context.open(FEW_DOCUMENTS);
      const error = await failureOf(port.retrieve(context.requestFor({}), AbortSignal.abort()));
      expect(error).toMatchObject({ code: "cancelled", retryable: false });
    });

    it("throws `timeout` where the deadline has passed already", async () => {
      const { port } = await context.open(FEW_DOCUMENTS);
      const error = await failureOf(port.retrieve(context.requestFor({}), AbortSignal.abort(deadline)));
      expect(error.code).toBe("timeout");
    });

    const DURING = [
      ["cancelled", "throws `cancelled` and stops the upstream where the caller goes away", undefined],
      ["timeout", "throws `timeout` and stops the upstream where the deadline passes", deadline],
      [
        "shutting-down",
        "throws the ServiceError that the signal was aborted with",
        new ServiceError("shutting-down", "Down."),
      ],
    ] as const;
    for (const [code, title, reason] of DURING) {
      context.case("stall", title, async () => {
        const opened = await context.open(FEW_DOCUMENTS);
        const stall = stallOf(opened);
        const controller = new AbortController();
        const search = failureOf(opened.port.retrieve(context.requestFor({}), controller.signal));
        await stall.reached;
        controller.abort(reason);
        expect((await search).code).toBe(code);
        await stall.stopped;
        stall.release();
        const next = await opened.port.retrieve(context.requestFor({}), unending());
        expect(next.passages).toHaveLength(FEW_DOCUMENTS.length);
      });
    }

    context.case("stall", "throws `timeout` on a real clock", async () => {
      const opened = await context.open(FEW_DOCUMENTS);
      const stall = stallOf(opened);
      const error = await failureOf(opened.port.retrieve(context.requestFor({}), AbortSignal.timeout(20)));
      stall.release();
      expect(error.code).toBe("timeout");
    });

    it("leaves the other searches alone where one is cancelled", async () => {
      const { port } = await context.open(FEW_DOCUMENTS);
      const controller = new AbortController();
      const cancelled = port.retrieve(context.requestFor({}), controller.signal).catch((error: unknown) => error);
      const other = port.retrieve(context.requestFor({}), unending());
      controller.abort();
      expect((await other).passages).toHaveLength(FEW_DOCUMENTS.length);
      await cancelled;
    });

    it("leaves no listener on the signal after an answer", async () => {
      const { port } = await context.open(FEW_DOCUMENTS);
      const watched = watchedSignal();
      await port.retrieve(context.requestFor({}), watched.signal);
      await watched.unheard();
    });

    context.case("stall", "leaves no listener on the signal after an answer that was waited for", async () => {
      const opened = await context.open(FEW_DOCUMENTS);
      const stall = stallOf(opened);
      const watched = watchedSignal();
      const search = opened.port.retrieve(context.requestFor({}), watched.signal);
      await stall.reached;
      stall.release();
      expect((await search).passages).toHaveLength(FEW_DOCUMENTS.length);
      await watched.unheard();
    });

    it("leaves no listener on the signal after a failure", async () => {
      const opened = await context.open(FEW_DOCUMENTS);
      const provoke = Object.values(opened.provoke ?? {})[0];
      if (provoke === undefined) return;
      await provoke();
      const watched = watchedSignal();
      await failureOf(opened.port.retrieve(context.requestFor({}), watched.signal));
      await watched.unheard();
    });
  });
}

export function describeErrors(context: Context): void {
  describe("errors", () => {
    for (const code of PROVOKED_CODES) {
      context.case(code, `throws a ServiceError \`${code}\` that is safe to show`, async () => {
        const opened = await context.open(FEW_DOCUMENTS);
        const provoke = opened.provoke?.[code];
        if (provoke === undefined) throw new Error(`The harness neither provokes nor skips ${code}.`);
        await provoke();
        const error = await failureOf(opened.port.retrieve(context.requestFor({}), unending()));
        expect(error.code, error.message).toBe(code);
        expect(error.retryable).toBe(RETRYABLE[code] ?? error.retryable);
        expect(error.message).toMatch(/^[^\n]{10,300}$/u);
        for (const secret of context.harness.secrets ?? []) expect(error.message).not.toContain(secret);
      });
    }
  });
}

function stallOf(opened: OpenRetrieval): Stall {
  const stall = opened.stall?.();
  if (stall === undefined) throw new Error("The harness neither stalls nor skips `stall`.");
  return stall;
}
