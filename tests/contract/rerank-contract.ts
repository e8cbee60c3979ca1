import { describe, expect, it, onTestFinished } from "vitest";
import { type ErrorCode, ServiceError } from "../../domain/errors.ts";
import type { RankedText, RerankPort, RerankRequest } from "../../domain/ports/rerank-port.ts";
import { watchedSignal } from "../support/watched-signal.ts";

/** Codes that something outside the port brings about. */
export const RERANK_CODES = [
  "rate-limited",
  "vendor-auth",
  "vendor-rejected",
  "vendor-unavailable",
  "vendor-reply-invalid",
] as const satisfies readonly ErrorCode[];

export type RerankCode = (typeof RERANK_CODES)[number];

/** Whether the same call may succeed later: the same for every model. */
const RETRYABLE: Partial<Record<RerankCode, boolean>> = {
  "rate-limited": true,
  "vendor-auth": false,
  "vendor-rejected": false,
  "vendor-unavailable": true,
};

/** Cases that a harness may leave out, each with its reason. */
type RerankCase = "stall" | RerankCode;

/** A vendor that does not answer. */
interface RerankStall {
  /** Resolves once a call waits for the vendor. */
  readonly reached: Promise<void>;
  /** Resolves once the vendor knows that nobody waits for that call any more. */
  readonly stopped: Promise<void>;
  /** Lets the vendor answer later calls again. */
  release(): void;
}

/** A port with its vendor in the test's hand. A member is absent only where the cases that need it are skipped. */
interface OpenReranker {
  readonly port: RerankPort;
  /** Makes the vendor fall silent, from the next call on. */
  stall?(): RerankStall;
  /** Makes the next call fail with the code. */
  readonly provoke?: Partial<Record<RerankCode, () => void>>;
  /** Calls that have reached the vendor. */
  calls?(): number;
  /** Ends the port and its vendor. */
  close(): Promise<void>;
}

export interface RerankHarness {
  open(): Promise<OpenReranker>;
  /** Cases that do not apply, with the reason. */
  readonly skip?: Partial<Record<RerankCase, string>>;
  /** Texts that no error's message may hold, such as keys. */
  readonly secrets?: readonly string[];
}

/** What every RerankPort must do, whatever stands behind it. Call it at the top of a test file. */
export function describeRerankContract(name: string, harness: RerankHarness): void {
  const context: Context = {
    secrets: harness.secrets ?? [],
    open: async () => {
      const opened = await harness.open();
      onTestFinished(() => opened.close());
      return opened;
    },
    case: (key, title, test) => {
      const reason = harness.skip?.[key];
      if (reason === undefined) it(title, test);
      else it(`leaves out: ${title} (${reason})`, () => expect(reason).not.toBe(""));
    },
  };
  describe(`${name} keeps the contract of RerankPort`, () => {
    describeRanking(context);
    describeLimits(context);
    describeCancellation(context);
    describeErrors(context);
  });
}

interface Context {
  readonly secrets: readonly string[];
  open(): Promise<OpenReranker>;
  case(key: RerankCase, title: string, test: () => Promise<void>): void;
}

const QUERY = "Where does the lighthouse stand?";
/** The answer, half of it, and nothing of it. */
const [ANSWER, HALF, NOTHING] = [
  "Where does the lighthouse stand? The lighthouse does stand on the island.",
  "The lighthouse is white and red.",
  "貨物は港に着いた",
] as const;
const TEXTS = [NOTHING, HALF, "Île d’Ouessant", ANSWER, "7"];
const REQUEST: RerankRequest = { query: QUERY, texts: TEXTS };

function describeRanking({ open }: Context): void {
  describe("rankings", () => {
    it("put the text first that answers the query, and one that has to do with it before one that has not", async () => {
      const { port } = await open();
      const order = (await port.rerank(REQUEST, unending())).map(({ index }) => TEXTS[index]);
      expect(order[0]).toBe(ANSWER);
      expect(order.indexOf(HALF)).toBeLessThan(order.indexOf(NOTHING));
    });

    it("hold every text once, scores in [0, 1] and never rising", async () => {
      const { port } = await open();
      expectWellFormed(await port.rerank(REQUEST, unending()), TEXTS.length);
    });

    it("hold the topN best and no other", async () => {
      const { port } = await open();
      const all = await port.rerank(REQUEST, unending());
      for (const topN of [1, 2, TEXTS.length]) {
        const best = await port.rerank({ ...REQUEST, topN }, unending());
        expectWellFormed(best, topN);
        expect(best.map(({ index }) => index)).toEqual(all.slice(0, topN).map(({ index }) => index));
      }
    });

    it("keep equal texts in the order in which they came", async () => {
      const { port } = await open();
      const ranked = await port.rerank({ query: QUERY, texts: [NOTHING, HALF, HALF, HALF] }, unending());
      expect(ranked.map(({ index }) => index)).toEqual([1, 2, 3, 0]);
    });

    it("give a text the score that it has alone, whatever stands beside it", async () => {
      const { port } = await open();
      for (const { index, score } of await port.rerank(REQUEST, unending())) {
        const [alone] = await port.rerank({ query: QUERY, texts: [TEXTS[index] ?? ""] }, unending());
        expect(alone?.index).toBe(0);
        expect(alone?.score).toBeCloseTo(score, 4);
      }
    });

    it("are kept apart where calls run at once", async () => {
      const { port } = await open();
      const orders = [TEXTS, TEXTS.toReversed(), TEXTS.slice(2)];
      const rankings = await Promise.all(orders.map((texts) => port.rerank({ query: QUERY, texts }, unending())));
      for (const [order, ranked] of rankings.entries()) {
        expectWellFormed(ranked, orders[order]?.length ?? 0);
        expect(orders[order]?.[ranked[0]?.index ?? -1]).toBe(ANSWER);
      }
    });
  });
}

function describeLimits({ open }: Context): void {
  describe("limits", () => {
    it("let as many texts in as they say", async () => {
      const { port } = await open();
      const texts = Array.from({ length: port.maxBatch }, (_, index) => `text ${index}`);
      const ranked = await port.rerank({ query: QUERY, texts: [...texts.slice(1), ANSWER] }, unending());
      expectWellFormed(ranked, port.maxBatch);
      expect(ranked[0]?.index).toBe(port.maxBatch - 1);
    });

    it("let a query and a text in that are as long as they say", async () => {
      const { port } = await open();
      const long = "word ".repeat(port.maxCharacters / 5).padEnd(port.maxCharacters, "!");
      expectWellFormed(await port.rerank({ query: long, texts: [long] }, unending()), 1);
    });

    const refused: readonly (readonly [string, (port: RerankPort) => RerankRequest, readonly string[]])[] = [
      ["no text", () => ({ query: QUERY, texts: [] }), ["texts"]],
      [
        "more texts than they say",
        ({ maxBatch }) => ({ query: QUERY, texts: Array(maxBatch + 1).fill("x") }),
        ["texts"],
      ],
      ["empty texts", () => ({ query: QUERY, texts: ["a", "", "b", ""] }), ["texts[1]", "texts[3]"]],
      ["an empty query", () => ({ query: "", texts: ["a", ""] }), ["query", "texts[1]"]],
      [
        "what is longer than they say",
        ({ maxCharacters }) => ({ query: "q".repeat(maxCharacters + 1), texts: ["a", "b".repeat(maxCharacters + 1)] }),
        ["query", "texts[1]"],
      ],
      ["a topN of 0", () => ({ ...REQUEST, topN: 0 }), ["topN"]],
      ["a topN of a text and a half", () => ({ ...REQUEST, topN: 1.5 }), ["topN"]],
      ["a topN of more than there are texts", () => ({ ...REQUEST, topN: TEXTS.length + 1 }), ["topN"]],
    ];
    for (const [what, request, fields] of refused) {
      it(`refuse ${what} with \`invalid-request\`, naming each, before the vendor is asked`, async () => {
        const { port, calls } = await open();
        const error = await failureOf(port.rerank(request(port), unending()));
        expect(error).toMatchObject({ code: "invalid-request", retryable: false });
        expect(error.problems.map(({ field }) => field)).toEqual(fields);
        expect(calls?.() ?? 0).toBe(0);
      });
    }
  });
}

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
        const { port, calls } = await open();
        expect((await failureOf(port.rerank(REQUEST, AbortSignal.abort(reason)))).code).toBe(code);
        expect(calls?.() ?? 0).toBe(0);
      });

      only("stall", `throws \`${code}\` and ends the vendor's work where the signal says so`, async () => {
        const opened = await open();
        const stall = stallOf(opened);
        const controller = new AbortController();
        const failure = failureOf(opened.port.rerank(REQUEST, controller.signal));
        await stall.reached;
        controller.abort(reason);
        expect((await failure).code).toBe(code);
        await stall.stopped;
        stall.release();
        expectWellFormed(await opened.port.rerank(REQUEST, unending()), TEXTS.length);
      });
    }

    only("stall", "throws `timeout` on a real clock", async () => {
      const opened = await open();
      const stall = stallOf(opened);
      const failure = await failureOf(opened.port.rerank(REQUEST, AbortSignal.timeout(30)));
      stall.release();
      expect(failure).toMatchObject({ code: "timeout", retryable: true });
    });

    it("leaves no listener on the signal after an answer", async () => {
      const { port } = await open();
      const watched = watchedSignal();
      await port.rerank(REQUEST, watched.signal);
      await watched.unheard();
    });

    only("vendor-unavailable", "leaves no listener on the signal after a failure", async () => {
      const { port, provoke } = await open();
      provoke?.["vendor-unavailable"]?.();
      const watched = watchedSignal();
      await failureOf(port.rerank(REQUEST, watched.signal));
      await watched.unheard();
    });
  });
}

function describeErrors({ open, case: only, secrets }: Context): void {
  describe("errors", () => {
    for (const code of RERANK_CODES) {
      only(code, `throws a ServiceError \`${code}\` that is safe to show`, async () => {
        const { port, provoke } = await open();
        const make = provoke?.[code];
        if (make === undefined) throw new Error(`The harness neither provokes nor skips ${code}.`);
        make();
        const error = await failureOf(port.rerank(REQUEST, unending()));
        expect(error.code, error.message).toBe(code);
        expect(error.retryable).toBe(RETRYABLE[code] ?? error.retryable);
        expect(error.message).toMatch(/^[^\n]{10,300}$/u);
        for (const secret of secrets) expect(error.message).not.toContain(secret);
      });
    }
  });
}

function expectWellFormed(ranked: readonly RankedText[], length: number): void {
  expect(ranked).toHaveLength(length);
  expect(new Set(ranked.map(({ index }) => index)).size).toBe(length);
  for (const [place, { score }] of ranked.entries()) {
    expect(score).toBeGreaterThanOrEqual(0);
    expect(score).toBeLessThanOrEqual(ranked[place - 1]?.score ?? 1);
  }
}

function stallOf(opened: OpenReranker): RerankStall {
  const stall = opened.stall?.();
  if (stall === undefined) throw new Error("The harness neither stalls nor skips `stall`.");
  return stall;
}

/** The ServiceError that the work fails with; anything else fails the test. */
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
