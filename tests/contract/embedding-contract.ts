import { describe, expect, it, onTestFinished } from "vitest";
import { type ErrorCode, ServiceError } from "../../domain/errors.ts";
import type { EmbeddingPort, EmbeddingRequest } from "../../domain/ports/embedding-port.ts";
import { watchedSignal } from "../support/watched-signal.ts";

/** Codes that something outside the port brings about. */
export const EMBEDDING_CODES = [
  "rate-limited",
  "vendor-auth",
  "vendor-rejected",
  "vendor-unavailable",
  "vendor-reply-invalid",
] as const satisfies readonly ErrorCode[];

export type EmbeddingCode = (typeof EMBEDDING_CODES)[number];

/** Whether the same call may succeed later: the same for every model. */
const RETRYABLE: Partial<Record<EmbeddingCode, boolean>> = {
  "rate-limited": true,
  "vendor-auth": false,
  "vendor-rejected": false,
  "vendor-unavailable": true,
};

/** Cases that a harness may leave out, each with its reason. */
type EmbeddingCase = "purpose" | "stall" | EmbeddingCode;

/** A vendor that does not answer. */
export interface EmbeddingStall {
  /** Resolves once a call waits for the vendor. */
  readonly reached: Promise<void>;
  /** Resolves once the vendor knows that nobody waits for that call any more. */
  readonly stopped: Promise<void>;
  /** Lets the vendor answer later calls again. */
  release(): void;
}

/** A port with its vendor in the test's hand. A member is absent only where the cases that need it are skipped. */
interface OpenEmbedding {
  readonly port: EmbeddingPort;
  /** Makes the vendor fall silent, from the next call on. */
  stall?(): EmbeddingStall;
  /** Makes the next call fail with the code. */
  readonly provoke?: Partial<Record<EmbeddingCode, () => void>>;
  /** What the vendor was told that the texts are, call by call. */
  purposes?(): readonly EmbeddingRequest["purpose"][];
  /** Calls that have reached the vendor. */
  calls?(): number;
  /** Ends the port and its vendor. */
  close(): Promise<void>;
}

export interface EmbeddingHarness {
  open(): Promise<OpenEmbedding>;
  /** Cases that do not apply, with the reason. */
  readonly skip?: Partial<Record<EmbeddingCase, string>>;
  /** Texts that no error's message may hold, such as keys. */
  readonly secrets?: readonly string[];
}

/** What every EmbeddingPort must do, whatever stands behind it. Call it at the top of a test file. */
export function describeEmbeddingContract(name: string, harness: EmbeddingHarness): void {
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
  describe(`${name} keeps the contract of EmbeddingPort`, () => {
    describeVectors(context);
    describeBatches(context);
    describeCancellation(context);
    describeErrors(context);
  });
}

interface Context {
  readonly secrets: readonly string[];
  open(): Promise<OpenEmbedding>;
  case(key: EmbeddingCase, title: string, test: () => Promise<void>): void;
}

const TEXTS = [
  "the lighthouse stands on the island",
  "a harbour in fog",
  "灯台は島に立っている",
  "Île d’Ouessant",
  "7",
];
const REQUEST: EmbeddingRequest = { texts: TEXTS, purpose: "document" };

function describeVectors({ open, case: only }: Context): void {
  describe("vectors", () => {
    it("gives every text one vector of the promised dimensions, of length 1 or all zeros", async () => {
      const { port } = await open();
      const vectors = await port.embed(REQUEST, unending());
      expect(vectors).toHaveLength(TEXTS.length);
      for (const vector of vectors) {
        expect(vector).toBeInstanceOf(Float32Array);
        expect(vector).toHaveLength(port.dimensions);
        const length = Math.hypot(...vector);
        if (length !== 0) expect(length).toBeCloseTo(1, 4);
      }
    });

    it("keeps the texts' order, whatever they are embedded with", async () => {
      const { port } = await open();
      const together = await port.embed(REQUEST, unending());
      const backwards = await port.embed({ ...REQUEST, texts: TEXTS.toReversed() }, unending());
      for (const [index, text] of TEXTS.entries()) {
        const [alone = new Float32Array()] = await port.embed({ ...REQUEST, texts: [text] }, unending());
        expectNear(together[index], alone);
        expectNear(backwards.at(-1 - index), alone);
      }
    });

    it("gives one text the same vector twice in a batch", async () => {
      const { port } = await open();
      const [first = new Float32Array(), , second] = await port.embed(
        { ...REQUEST, texts: [TEXTS[0] ?? "", TEXTS[1] ?? "", TEXTS[0] ?? ""] },
        unending(),
      );
      expectNear(second, first);
    });

    it("names its model and says its limits", async () => {
      const { port } = await open();
      expect(port.kind).toBe("fixed");
      expect(port.name).not.toBe("");
      for (const limit of [port.dimensions, port.maxBatch]) expect(Number.isInteger(limit) && limit > 0).toBe(true);
    });

    it("keeps calls that run at once apart", async () => {
      const { port } = await open();
      const orders = [TEXTS, TEXTS.toReversed(), TEXTS.slice(1, 3)];
      const alone = await port.embed(REQUEST, unending());
      const together = await Promise.all(orders.map((texts) => port.embed({ ...REQUEST, texts }, unending())));
      for (const [order, vectors] of together.entries()) {
        for (const [index, vector] of vectors.entries()) {
          expectNear(vector, alone[TEXTS.indexOf(orders[order]?.[index] ?? "")] ?? new Float32Array());
        }
      }
    });

    only("purpose", "tells the vendor whether the texts are queries or documents", async () => {
      const { port, purposes } = await open();
      for (const purpose of ["query", "document"] as const) {
        await port.embed({ texts: [TEXTS[0] ?? ""], purpose }, unending());
        expect(purposes?.().at(-1)).toBe(purpose);
      }
    });
  });
}

function describeBatches({ open }: Context): void {
  describe("batches", () => {
    it("takes as many texts as it says", async () => {
      const { port } = await open();
      const texts = Array.from({ length: port.maxBatch }, (_, index) => `text ${index}`);
      const vectors = await port.embed({ texts, purpose: "document" }, unending());
      expect(vectors).toHaveLength(port.maxBatch);
      const [last = new Float32Array()] = await port.embed({ texts: texts.slice(-1), purpose: "document" }, unending());
      expectNear(vectors.at(-1), last);
    });

    const refused = [
      ["no text", () => [], ["texts"]],
      ["more texts than it says", (maxBatch: number) => Array.from({ length: maxBatch + 1 }, () => "x"), ["texts"]],
      ["empty texts", () => ["a", "", "b", ""], ["texts[1]", "texts[3]"]],
    ] as const;
    for (const [what, texts, fields] of refused) {
      it(`refuses ${what} with \`invalid-request\`, naming each, before it asks the vendor`, async () => {
        const { port, calls } = await open();
        const request: EmbeddingRequest = { texts: texts(port.maxBatch), purpose: "document" };
        const error = await failureOf(port.embed(request, unending()));
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
        expect((await failureOf(port.embed(REQUEST, AbortSignal.abort(reason)))).code).toBe(code);
        expect(calls?.() ?? 0).toBe(0);
      });

      only("stall", `throws \`${code}\` and ends the vendor's work where the signal says so`, async () => {
        const opened = await open();
        const stall = stallOf(opened);
        const controller = new AbortController();
        const failure = failureOf(opened.port.embed(REQUEST, controller.signal));
        await stall.reached;
        controller.abort(reason);
        expect((await failure).code).toBe(code);
        await stall.stopped;
        stall.release();
        expect(await opened.port.embed(REQUEST, unending())).toHaveLength(TEXTS.length);
      });
    }

    only("stall", "throws `timeout` on a real clock", async () => {
      const opened = await open();
      const stall = stallOf(opened);
      const failure = await failureOf(opened.port.embed(REQUEST, AbortSignal.timeout(30)));
      stall.release();
      expect(failure).toMatchObject({ code: "timeout", retryable: true });
    });

    it("leaves no listener on the signal after an answer", async () => {
      const { port } = await open();
      const watched = watchedSignal();
      await port.embed(REQUEST, watched.signal);
      await watched.unheard();
    });

    only("vendor-unavailable", "leaves no listener on the signal after a failure", async () => {
      const { port, provoke } = await open();
      provoke?.["vendor-unavailable"]?.();
      const watched = watchedSignal();
      await failureOf(port.embed(REQUEST, watched.signal));
      await watched.unheard();
    });
  });
}

function describeErrors({ open, case: only, secrets }: Context): void {
  describe("errors", () => {
    for (const code of EMBEDDING_CODES) {
      only(code, `throws a ServiceError \`${code}\` that is safe to show`, async () => {
        const { port, provoke } = await open();
        const make = provoke?.[code];
        if (make === undefined) throw new Error(`The harness neither provokes nor skips ${code}.`);
        make();
        const error = await failureOf(port.embed(REQUEST, unending()));
        expect(error.code, error.message).toBe(code);
        expect(error.retryable).toBe(RETRYABLE[code] ?? error.retryable);
        expect(error.message).toMatch(/^[^\n]{10,300}$/u);
        for (const secret of secrets) expect(error.message).not.toContain(secret);
      });
    }
  });
}

function stallOf(opened: OpenEmbedding): EmbeddingStall {
  const stall = opened.stall?.();
  if (stall === undefined) throw new Error("The harness neither stalls nor skips `stall`.");
  return stall;
}

/** Near, not equal: an engine may add up a batch in another order. */
function expectNear(vector: Float32Array | undefined, expected: Float32Array): void {
  expect(vector).toHaveLength(expected.length);
  for (const [index, value] of expected.entries()) expect(vector?.[index]).toBeCloseTo(value, 4);
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
