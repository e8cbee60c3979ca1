import { describe, expect, it } from "vitest";
import { compareReports } from "../../../application/compare-reports.ts";
import { reportOf } from "./reports.ts";

describe("compareReports", () => {
  it("tells each from the baseline: difference, p, and p corrected for their number", () => {
    const reports = [
      { name: "sparse", report: reportOf(0.1, 0.2, 0.3) },
      { name: "better", report: reportOf(0.2, 0.4, 0.6) },
      { name: "mixed", report: reportOf(0.2, 0.1, 0.3) },
    ];
    const { rows, baseline, queries } = compareReports(reports, "sparse");
    expect([baseline, queries]).toEqual(["sparse", 3]);
    expect(rows.map(({ name }) => name)).toEqual(["sparse", "better", "mixed"]);
    expect(rows[0]?.againstBaseline).toBeUndefined();
    // Three gains: two of eight ways are as far. Plus 0.1, minus 0.1: all are.
    expect(rows[1]?.againstBaseline).toMatchObject({ pValue: 0.25, adjustedPValue: 0.5 });
    expect(rows[1]?.againstBaseline?.ndcgAt10).toBeCloseTo(0.2, 12);
    expect(rows[2]?.againstBaseline).toMatchObject({ pValue: 1, adjustedPValue: 1 });
  });

  it("has a row for a lone report", () => {
    const { rows } = compareReports([{ name: "only", report: reportOf(0.5) }], "only");
    expect(rows).toMatchObject([{ name: "only", mean: { ndcgAt10: 0.5 } }]);
  });
});
