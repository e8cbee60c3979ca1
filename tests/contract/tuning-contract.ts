import { describe, expect, it, onTestFinished } from "vitest";
import type { CorpusPort } from "../../domain/ports/corpus-port.ts";
import type { RetrievalPort } from "../../domain/ports/retrieval-port.ts";
import type { TuningPort } from "../../domain/ports/tuning-port.ts";
import type { Ranking } from "../../domain/ranking.ts";
import { chunked } from "../support/chunked.ts";
import { watchedSignal } from "../support/watched-signal.ts";
import { CRABS, failureOf, GULLS, unending, WHALES } from "./corpus-contract-context.ts";

/** The sides of one corpus. */
export interface OpenTuning {
  readonly corpus: CorpusPort;
  readonly retrieval: RetrievalPort;
  readonly tuning: TuningPort;
  /** Closes the corpus and opens what it has written. Absent only where the harness says that it keeps nothing. */
  reopen?(): Promise<OpenTuning>;
  close(): Promise<void>;
}

export interface TuningHarness {
  /** Opens a corpus without documents, with what the config says of its ranking. */
  open(configured?: Ranking): Promise<OpenTuning>;
  /** Why nothing outlives a close, where that is so. */
  readonly keepsNothing?: string;
}

const DENSE: Ranking = { mode: "dense", denseWeight: 0.5 };
const SPARSE: Ranking = { mode: "sparse", denseWeight: 0.5 };
const FUSED: Ranking = { mode: "fused", denseWeight: 0.75 };
const REQUEST = { query: "a gull that breathes air and steals chips", topK: 10 };

/** What every TuningPort must do, whatever stands behind it. Call it at the top of a test file. */
export function describeTuningContract(name: string, harness: TuningHarness): void {
  const open = async (configured?: Ranking) => {
    const opened = await harness.open(configured);
    onTestFinished(() => opened.close());
    await opened.corpus.put([WHALES, GULLS, CRABS].map(chunked), unending());
    await opened.corpus.settle(unending());
    return opened;
  };
  describe(`${name} keeps the contract of TuningPort`, () => {
    describeChoice(open);
    describeFloor(open);
    describeRefusals(open);
    if (harness.keepsNothing === undefined) describeReopening(open);
    else it(`leaves out: outlives a close (${harness.keepsNothing})`, () => expect(harness.keepsNothing).not.toBe(""));
  });
}

type Open = (configured?: Ranking) => Promise<OpenTuning>;

function describeChoice(open: Open): void {
  it("follows the default until something is chosen, and again once that is forgotten", async () => {
    const opened = await open();
    const { defaultRanking } = opened.tuning;
    expect(await opened.tuning.rankingInForce(unending())).toEqual({ ranking: defaultRanking, source: "default" });
    await expectInForce(opened, defaultRanking);
    await opened.tuning.tune(DENSE, unending());
    await opened.tuning.tune(undefined, unending());
    expect(await opened.tuning.rankingInForce(unending())).toEqual({ ranking: defaultRanking, source: "default" });
    await expectInForce(opened, defaultRanking);
  });

  it("follows what was kept with the very next search", async () => {
    const opened = await open();
    for (const ranking of [DENSE, SPARSE, FUSED, SPARSE, DENSE]) {
      await opened.tuning.tune(ranking, unending());
      expect(await opened.tuning.rankingInForce(unending())).toEqual({ ranking, source: "tuned", tuned: ranking });
      await expectInForce(opened, ranking);
    }
  });

  it("follows the config before what was kept, and tells both", async () => {
    const opened = await open(SPARSE);
    expect(await opened.tuning.rankingInForce(unending())).toEqual({ ranking: SPARSE, source: "config" });
    await opened.tuning.tune(DENSE, unending());
    const inForce = await opened.tuning.rankingInForce(unending());
    expect(inForce).toEqual({ ranking: SPARSE, source: "config", tuned: DENSE });
    await expectInForce(opened, SPARSE);
  });

  it("ranks differently under different rankings, and changes nothing by that", async () => {
    const opened = await open();
    const before = await opened.tuning.rankingInForce(unending());
    const scores = await Promise.all(
      [DENSE, SPARSE, FUSED].map(async (ranking) => {
        const { passages } = await opened.tuning.retrieveRanked(ranking, REQUEST, unending());
        expect(passages[0]?.documentId).toBe("gulls");
        const listed = passages.map(({ score }) => score);
        expect(listed).toEqual(listed.toSorted((one, other) => other - one));
        expect(listed.every((score) => score >= 0 && score <= 1)).toBe(true);
        return JSON.stringify(passages.map(({ id, score }) => [id, score]));
      }),
    );
    expect(new Set(scores).size).toBe(3);
    expect(await opened.tuning.rankingInForce(unending())).toEqual(before);
    await expectInForce(opened, opened.tuning.defaultRanking);
  });

  it("leaves the documents and their generation as they are", async () => {
    const opened = await open();
    const before = await opened.corpus.describe(unending());
    await opened.tuning.tune(DENSE, unending());
    await opened.tuning.tune(undefined, unending());
    expect(await opened.corpus.describe(unending())).toEqual(before);
  });
}

function describeFloor(open: Open): void {
  const relevanceOf = async ({ retrieval }: OpenTuning, query: string) => {
    const { relevance } = await retrieval.retrieve({ query, topK: 3 }, unending());
    if (relevance === undefined) throw new Error("The search does not tell how well its passages match.");
    return relevance;
  };

  it("tells that a question about what no document holds is less relevant than one that a document answers", async () => {
    const opened = await open();
    const near = await relevanceOf(opened, REQUEST.query);
    const far = await relevanceOf(opened, "quarterly tax declaration deadline");
    expect(near.lexical).toBeGreaterThan(far.lexical ?? 1);
    expect([near.reachesFloor, near.lexical! <= 1, far.lexical! >= 0]).toEqual([true, true, true]);
  });

  it("measures relevance against the floor that was kept, with the very next search, until it is forgotten", async () => {
    const opened = await open();
    const { lexical = 0 } = await relevanceOf(opened, REQUEST.query);
    await opened.tuning.calibrate({ lexical, dense: 1 }, unending());
    expect((await relevanceOf(opened, REQUEST.query)).reachesFloor).toBe(true);
    await opened.tuning.calibrate({ lexical: Math.min(1, lexical + 0.001), dense: 1 }, unending());
    expect((await relevanceOf(opened, REQUEST.query)).reachesFloor).toBe(false);
    await opened.tuning.calibrate(undefined, unending());
    expect((await relevanceOf(opened, REQUEST.query)).reachesFloor).toBe(true);
  });

  it.each([-0.1, 1.1, Number.NaN])("refuses a floor of %d", async (lexical) => {
    const { tuning } = await open();
    const error = await failureOf(tuning.calibrate({ lexical, dense: 0 }, unending()));
    expect(error).toMatchObject({ code: "invalid-request", problems: [{ field: "lexical" }] });
  });
}

function describeRefusals(open: Open): void {
  it.each([-0.1, 1.1, Number.NaN])("refuses a weight of %d, and keeps what it had", async (denseWeight) => {
    const { tuning } = await open();
    await tuning.tune(FUSED, unending());
    const ranking: Ranking = { mode: "fused", denseWeight };
    for (const call of [tuning.tune(ranking, unending()), tuning.retrieveRanked(ranking, REQUEST, unending())]) {
      const error = await failureOf(call);
      expect(error).toMatchObject({ code: "invalid-request", retryable: false });
      expect(error.problems).toMatchObject([{ field: "denseWeight" }]);
    }
    expect((await tuning.rankingInForce(unending())).ranking).toEqual(FUSED);
  });

  const calls: Readonly<Record<string, (tuning: TuningPort, signal: AbortSignal) => Promise<unknown>>> = {
    retrieveRanked: (tuning, signal) => tuning.retrieveRanked(DENSE, REQUEST, signal),
    rankingInForce: (tuning, signal) => tuning.rankingInForce(signal),
    tune: (tuning, signal) => tuning.tune(DENSE, signal),
    calibrate: (tuning, signal) => tuning.calibrate({ lexical: 0.1, dense: 0.1 }, signal),
  };
  it.each(Object.entries(calls))(
    "%s throws `cancelled` where the signal is aborted already, and leaves no listener",
    async (_, call) => {
      const { tuning } = await open();
      expect(await failureOf(call(tuning, AbortSignal.abort()))).toMatchObject({ code: "cancelled" });
      expect((await tuning.rankingInForce(unending())).source).toBe("default");
      const watched = watchedSignal();
      await call(tuning, watched.signal);
      await watched.unheard();
    },
  );
}

function describeReopening(open: Open): void {
  it("outlives a close", async () => {
    const opened = await open();
    await opened.tuning.tune(FUSED, unending());
    const again = await opened.reopen?.();
    if (again === undefined) throw new Error("The harness neither reopens nor says why not.");
    expect(await again.tuning.rankingInForce(unending())).toEqual({ ranking: FUSED, source: "tuned", tuned: FUSED });
    await expectInForce(again, FUSED);
  });
}

/** Whether a search without a ranking of its own finds what it finds under this one. */
async function expectInForce({ retrieval, tuning }: OpenTuning, ranking: Ranking): Promise<void> {
  const { passages } = await retrieval.retrieve(REQUEST, unending());
  expect(passages).toEqual((await tuning.retrieveRanked(ranking, REQUEST, unending())).passages);
  expect(passages.length).toBeGreaterThan(0);
}
