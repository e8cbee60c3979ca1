import type { EvaluationReport, RetrievalQuality } from "./evaluate-retrieval.ts";
import { holmAdjusted } from "./holm-correction.ts";
import { randomisationTest } from "./randomisation-test.ts";

/** How a search did, under the name by which it is compared. */
export interface NamedReport {
  readonly name: string;
  readonly report: EvaluationReport;
}

export interface ComparedReport {
  readonly name: string;
  readonly mean: RetrievalQuality;
  /** Absent for the baseline itself. */
  readonly againstBaseline?: BaselineDifference;
}

export interface BaselineDifference {
  /** Mean nDCG@10 minus the baseline's. */
  readonly ndcgAt10: number;
  /** Of the randomisation test over the queries, two-sided; in (0, 1]. */
  readonly pValue: number;
  /** The same, corrected for the number of comparisons after Holm; in (0, 1]. */
  readonly adjustedPValue: number;
}

export interface Comparison {
  /** Name of the report that the others are compared with. */
  readonly baseline: string;
  /** Queries that each was asked. */
  readonly queries: number;
  /** In the reports' order. */
  readonly rows: readonly ComparedReport[];
}

/** Compares every report with the one named `baseline`; all must be of the same queries in the same order. */
export function compareReports(reports: readonly NamedReport[], baseline: string): Comparison {
  const base = reports.find(({ name }) => name === baseline)?.report;
  if (base === undefined) throw new Error(`There is no report named ${baseline}.`);
  const others = reports.filter(({ name }) => name !== baseline);
  const pValues = others.map(({ report }) => randomisationTest(ndcgDifferences(report, base)));
  const adjusted = holmAdjusted(pValues);
  const rows = reports.map(({ name, report }) => {
    const position = others.findIndex((other) => other.name === name);
    if (position === -1) return { name, mean: report.mean };
    const againstBaseline = {
      ndcgAt10: report.mean.ndcgAt10 - base.mean.ndcgAt10,
      pValue: pValues[position] ?? 1,
      adjustedPValue: adjusted[position] ?? 1,
    };
    return { name, mean: report.mean, againstBaseline };
  });
  return { baseline, queries: base.queries.length, rows };
}

/** Of each query, the first one's nDCG@10 minus the other one's. */
function ndcgDifferences(report: EvaluationReport, base: EvaluationReport): readonly number[] {
  return report.queries.map(({ ndcgAt10 }, index) => ndcgAt10 - (base.queries[index]?.ndcgAt10 ?? 0));
}
