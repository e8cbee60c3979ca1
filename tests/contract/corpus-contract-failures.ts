import { describe, expect, it } from "vitest";
import { ServiceError } from "../../domain/errors.ts";
import type { ChunkedDocument, CorpusPort } from "../../domain/ports/corpus-port.ts";
import { chunked } from "../support/chunked.ts";
import { watchedSignal } from "../support/watched-signal.ts";
import { type Context, CRABS, failureOf, find, GULLS, put, unending, WHALES } from "./corpus-contract-context.ts";
import type { HeldPut, OpenCorpus } from "./corpus-harness.ts";

type Call = (corpus: CorpusPort, signal: AbortSignal) => Promise<unknown>;

const CALLS: Readonly<Record<string, Call>> = {
  put: (corpus, signal) => corpus.put([chunked(CRABS)], signal),
  compare: (corpus, signal) => corpus.compare([chunked(CRABS)], signal),
  remove: (corpus, signal) => corpus.remove(["whales"], signal),
  removeMatching: (corpus, signal) => corpus.removeMatching({ op: "eq", field: "year", value: 2020 }, signal),
  removeRead: (corpus, signal) => corpus.removeRead("/sea", ["whales"], signal),
  listRead: (corpus, signal) => Array.fromAsync(corpus.listRead("/sea", signal)),
  removeFor: (corpus, signal) => corpus.removeFor(undefined, { ids: ["whales"] }, signal),
  get: (corpus, signal) => corpus.get("whales", signal),
  list: (corpus, signal) => corpus.list({ limit: 10 }, signal),
  describe: (corpus, signal) => corpus.describe(signal),
  describeFor: (corpus, signal) => corpus.describeFor(undefined, signal),
  settle: (corpus, signal) => corpus.settle(signal),
};

const DEADLINE = new DOMException("The operation timed out.", "TimeoutError");

export function describeFailures(context: Context): void {
  describeRefusals(context);
  describeCancellation(context);
  describe("failures", () => {
    context.case("failure", "puts all documents or none: what fails on the way leaves nothing behind", async () => {
      const opened = await context.open();
      await put(opened, WHALES);
      const before = await opened.corpus.describe(unending());
      opened.failNext?.(new ServiceError("vendor-unavailable", "The vendor is away.", { retryable: true }));
      const error = await failureOf(put(opened, { ...WHALES, text: "A whale dives." }, GULLS));
      expect(error).toMatchObject({ code: "vendor-unavailable", retryable: true });
      expect(await opened.corpus.describe(unending())).toEqual(before);
      expect(await find(opened, "gull")).toEqual([]);
      expect(await opened.corpus.get("whales", unending())).toEqual(WHALES);
      expect(await put(opened, GULLS)).toEqual({ added: 1, replaced: 0, unchanged: 0 });
    });
  });
}

function describeRefusals(context: Context): void {
  const refusals: readonly (readonly [string, (maxBatch: number) => readonly ChunkedDocument[]])[] = [
    ["no document", () => []],
    ["one id twice", () => [chunked(WHALES), chunked({ ...WHALES, text: "Another whale." })]],
    [
      "more documents than it takes",
      (maxBatch) => Array.from({ length: maxBatch + 1 }, (_, index) => chunked({ ...GULLS, id: `${index}` })),
    ],
    ["a document without chunks", () => [chunked(WHALES), { document: GULLS, chunks: [] }]],
  ];
  describe("refusals", () => {
    for (const [what, documents] of refusals) {
      it(`refuses ${what}, and puts nothing`, async () => {
        const opened = await context.open();
        const error = await failureOf(opened.corpus.put(documents(opened.corpus.maxBatch), unending()));
        expect(error).toMatchObject({ code: "invalid-request", retryable: false });
        expect(error.problems.length).toBeGreaterThan(0);
        expect(await opened.corpus.describe(unending())).toMatchObject({ documents: 0 });
        const compared = opened.corpus.compare(documents(opened.corpus.maxBatch), unending());
        expect(await failureOf(compared)).toMatchObject({ code: "invalid-request" });
      });
    }
  });
}

function describeCancellation(context: Context): void {
  describe("cancellation", () => {
    for (const [name, call] of Object.entries(CALLS)) {
      it(`${name} throws \`cancelled\` or \`timeout\` where the signal is aborted already, and changes nothing`, async () => {
        const opened = await context.open();
        await put(opened, WHALES);
        expect(await failureOf(call(opened.corpus, AbortSignal.abort()))).toMatchObject({ code: "cancelled" });
        expect(await failureOf(call(opened.corpus, AbortSignal.abort(DEADLINE)))).toMatchObject({ code: "timeout" });
        expect(await opened.corpus.get("whales", unending())).toEqual(WHALES);
        expect(await opened.corpus.get("crabs", unending())).toBeUndefined();
      });

      it(`${name} leaves no listener on the signal`, async () => {
        const opened = await context.open();
        await put(opened, WHALES);
        const watched = watchedSignal();
        await call(opened.corpus, watched.signal);
        await watched.unheard();
      });
    }

    for (const [code, reason] of [
      ["cancelled", undefined],
      ["timeout", DEADLINE],
    ] as const) {
      context.case(
        "stall",
        `put throws \`${code}\` where the signal aborts on the way, and nothing was put`,
        async () => {
          const opened = await context.open();
          const held = heldPut(opened);
          const controller = new AbortController();
          const failure = failureOf(opened.corpus.put([chunked(WHALES)], controller.signal));
          await held.reached;
          controller.abort(reason);
          expect((await failure).code).toBe(code);
          await held.stopped;
          held.release();
          expect(await opened.corpus.get("whales", unending())).toBeUndefined();
          expect(await put(opened, WHALES)).toEqual({ added: 1, replaced: 0, unchanged: 0 });
        },
      );
    }

    context.case("stall", "answers searches and reads while a put waits", async () => {
      const opened = await context.open();
      await put(opened, WHALES);
      const held = heldPut(opened);
      const waiting = put(opened, GULLS);
      await held.reached;
      expect(await opened.corpus.get("whales", unending())).toEqual(WHALES);
      expect(await opened.corpus.get("gulls", unending())).toBeUndefined();
      held.release();
      expect(await waiting).toEqual({ added: 1, replaced: 0, unchanged: 0 });
    });

    it("a put that is aborted while it runs is done wholly or not at all", async () => {
      const opened = await context.open();
      const controller = new AbortController();
      const outcome = opened.corpus.put([WHALES, GULLS, CRABS].map(chunked), controller.signal).then(
        () => 3,
        () => 0,
      );
      controller.abort();
      const expected = await outcome;
      expect((await opened.corpus.describe(unending())).documents).toBe(expected);
    });
  });
}

function heldPut(opened: OpenCorpus): HeldPut {
  const held = opened.hold?.();
  if (held === undefined) throw new Error("The harness neither holds nor skips `stall`.");
  return held;
}
