import { InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";
import { comparisonTable } from "../../../adapters/inbound/cli/comparison-table.ts";
import { askedRankings } from "../../../adapters/inbound/cli/rankings.ts";
import type { Comparison } from "../../../application/compare-reports.ts";

const MEAN = { ndcgAt10: 0.7, recallAt10: 0.81, recallAt100: 1, reciprocalRank: 0.6543, milliseconds: 2.34 };
const COMPARISON: Comparison = {
  baseline: "sparse",
  queries: 40,
  rows: [
    { name: "sparse", mean: MEAN },
    { name: "dense", mean: MEAN, againstBaseline: { ndcgAt10: -0.0004, pValue: 1, adjustedPValue: 1 } },
    { name: "fused 0.3", mean: MEAN, againstBaseline: { ndcgAt10: 0.0123, pValue: 0.0004, adjustedPValue: 0.04 } },
  ],
};

describe("comparisonTable", () => {
  it("is a Markdown table with the difference, its p value, and that corrected after Holm", () => {
    expect(comparisonTable(COMPARISON, "markdown")).toBe(`\
| ranking | nDCG@10 | recall@10 | recall@100 | MRR | ms/query | to sparse | p | p (Holm) |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| sparse | 0.700 | 0.810 | 1.000 | 0.654 | 2.3 |  |  |  |
| dense | 0.700 | 0.810 | 1.000 | 0.654 | 2.3 | 0.000 | 1.000 | 1.000 |
| fused 0.3 | 0.700 | 0.810 | 1.000 | 0.654 | 2.3 | +0.012 | < 0.001 | 0.040 |
`);
  });

  it("is columns as wide as they must be", () => {
    expect(comparisonTable(COMPARISON, "columns")).toBe(`\
ranking    nDCG@10  recall@10  recall@100    MRR  ms/query  to sparse        p  p (Holm)
sparse       0.700      0.810       1.000  0.654       2.3
dense        0.700      0.810       1.000  0.654       2.3      0.000    1.000     1.000
fused 0.3    0.700      0.810       1.000  0.654       2.3     +0.012  < 0.001     0.040
`);
  });
});

describe("askedRankings", () => {
  it("reads modes and weights, and leaves the choice to Pharos where none are named", () => {
    expect(askedRankings("dense, sparse,fused,fused:0.25")).toEqual([
      { mode: "dense" },
      { mode: "sparse" },
      { mode: "fused" },
      { mode: "fused", denseWeight: 0.25 },
    ]);
    expect(askedRankings(true)).toBe("candidates");
    expect(askedRankings(undefined)).toBeUndefined();
  });

  it.each(["", "both", "fused:", "fused:1.5", "fused:a", "dense:0.2", "fused:0.1.2", "dense,,sparse"])(
    "refuses %j",
    (text) => {
      expect(() => askedRankings(text)).toThrow(InvalidArgumentError);
    },
  );
});
