import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseRanking } from "../../../application/choose-ranking.ts";
import type { Ranking } from "../../../domain/ranking.ts";
import { reportOf } from "./reports.ts";

const DEFAULT: Ranking = { mode: "fused", denseWeight: 0.3 };
const SPARSE: Ranking = { mode: "sparse", denseWeight: 0.3 };
const DENSE: Ranking = { mode: "dense", denseWeight: 0.3 };

const numbers = (count: number, at: (index: number) => number) =>
  Array.from({ length: count }, (_, index) => at(index));

describe("chooseRanking", () => {
  it("chooses a ranking that is better on queries that had no part in the choice", () => {
    const measured = [
      { ranking: SPARSE, report: reportOf(...numbers(60, (index) => 0.3 + (index % 7) / 100)) },
      { ranking: DEFAULT, report: reportOf(...numbers(60, (index) => 0.3 + (index % 5) / 100)) },
      { ranking: DENSE, report: reportOf(...numbers(60, (index) => 0.5 + (index % 3) / 100)) },
    ];
    const choice = chooseRanking(measured, DEFAULT);
    expect(choice).toMatchObject({ ranking: DENSE, best: DENSE, reason: "better" });
    expect(choice.heldOut.difference).toBeCloseTo(0.19, 2);
    expect(choice.heldOut.pValue).toBeLessThan(0.001);
  });

  it("stays with the default where it is as good as the best", () => {
    const report = reportOf(...numbers(40, (index) => index / 40));
    const measured = [SPARSE, DEFAULT, DENSE].map((ranking) => ({ ranking, report }));
    expect(chooseRanking(measured, DEFAULT)).toMatchObject({
      ranking: DEFAULT,
      best: DEFAULT,
      reason: "default-best",
      heldOut: { difference: 0, pValue: 1 },
    });
  });

  it("stays with the default where a few lucky queries make another look better", () => {
    const measured = [
      { ranking: DEFAULT, report: reportOf(...numbers(50, () => 0.5)) },
      { ranking: DENSE, report: reportOf(...numbers(50, (index) => (index < 3 ? 1 : index < 6 ? 0.2 : 0.5))) },
    ];
    const choice = chooseRanking(measured, DEFAULT);
    expect(choice).toMatchObject({ ranking: DEFAULT, best: DENSE, reason: "not-significant" });
  });

  it("stays with the default where there are hardly any queries, however clear they look", () => {
    const measured = [
      { ranking: DEFAULT, report: reportOf(...numbers(19, () => 0)) },
      { ranking: DENSE, report: reportOf(...numbers(19, () => 1)) },
    ];
    expect(chooseRanking(measured, DEFAULT)).toMatchObject({ ranking: DEFAULT, reason: "too-few-queries" });
    const none = [SPARSE, DEFAULT].map((ranking) => ({ ranking, report: reportOf() }));
    expect(chooseRanking(none, DEFAULT)).toMatchObject({
      ranking: DEFAULT,
      reason: "too-few-queries",
      heldOut: { difference: 0, pValue: 1 },
    });
  });

  it("tunes noise in at most about one case of twenty", () => {
    const scores = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 30, maxLength: 30 });
    let tuned = 0;
    const rounds = 60;
    fc.assert(
      fc.property(scores, scores, scores, (first, second, third) => {
        const measured = [
          { ranking: DEFAULT, report: reportOf(...first) },
          { ranking: SPARSE, report: reportOf(...second) },
          { ranking: DENSE, report: reportOf(...third) },
        ];
        if (chooseRanking(measured, DEFAULT).reason === "better") tuned += 1;
      }),
      { numRuns: rounds, seed: 5 },
    );
    expect(tuned).toBeLessThanOrEqual(rounds / 10);
  });
});
