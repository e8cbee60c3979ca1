import type { ComparedReport, Comparison } from "../../../application/compare-reports.ts";

/** The comparison as rows of words, the heads first: a Markdown table, or columns that are as wide as they must be. */
export function comparisonTable({ rows, baseline }: Comparison, style: "markdown" | "columns"): string {
  const heads = ["ranking", "nDCG@10", "recall@10", "recall@100", "MRR", "ms/query", `to ${baseline}`, "p", "p (Holm)"];
  const lines = rows.map(cellsOf);
  return style === "markdown" ? markdown(heads, lines) : columns(heads, lines);
}

/** The comparison as JSON has it. */
export function comparisonJson({ rows, baseline, queries }: Comparison) {
  return {
    queries,
    baseline,
    rows: rows.map(({ name, mean, againstBaseline }) => ({
      name,
      "ndcg@10": mean.ndcgAt10,
      "recall@10": mean.recallAt10,
      "recall@100": mean.recallAt100,
      mrr: mean.reciprocalRank,
      ms_per_query: mean.milliseconds,
      ...(againstBaseline === undefined
        ? {}
        : {
            difference: againstBaseline.ndcgAt10,
            p: againstBaseline.pValue,
            p_holm: againstBaseline.adjustedPValue,
          }),
    })),
  };
}

function cellsOf({ name, mean, againstBaseline }: ComparedReport): readonly string[] {
  const measures = [mean.ndcgAt10, mean.recallAt10, mean.recallAt100, mean.reciprocalRank].map(inThousandths);
  const difference =
    againstBaseline === undefined
      ? ["", "", ""]
      : [
          signed(againstBaseline.ndcgAt10),
          ...[againstBaseline.pValue, againstBaseline.adjustedPValue].map(probability),
        ];
  return [name, ...measures, mean.milliseconds.toFixed(1), ...difference];
}

function inThousandths(value: number): string {
  return value.toFixed(3);
}

/** Three digits behind a sign; a plain 0.000 where that is all that is left. */
export function signed(value: number): string {
  const text = value.toFixed(3);
  return Number(text) === 0 ? "0.000" : value > 0 ? `+${text}` : text;
}

/** Three digits, or that it is below them. */
export function probability(value: number): string {
  return value < 0.001 ? "< 0.001" : value.toFixed(3);
}

function markdown(heads: readonly string[], lines: readonly (readonly string[])[]): string {
  const rule = heads.map((_, index) => (index === 0 ? "---" : "---:"));
  return [heads, rule, ...lines].map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

function columns(heads: readonly string[], lines: readonly (readonly string[])[]): string {
  const table = [heads, ...lines];
  const widths = heads.map((_, column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0)));
  return table
    .map((cells) =>
      cells
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join("");
}
