import { MIN_QUESTIONS, REFUSED_SHARE } from "../../../application/choose-floor.ts";
import { MIN_QUERIES, type RankingChoice, SIGNIFICANCE } from "../../../application/choose-ranking.ts";
import { compareReports } from "../../../application/compare-reports.ts";
import type { MeasuredRanking } from "../../../application/measure-rankings.ts";
import type { RankingInForce, TuningPort } from "../../../domain/ports/tuning-port.ts";
import { nameOfRanking } from "../../../domain/ranking.ts";
import type { RelevanceFloor } from "../../../domain/relevance.ts";
import { comparisonJson, comparisonTable, probability, signed } from "./comparison-table.ts";
import { inForceInWords } from "./rankings.ts";

/** What was measured, and what it was measured with. */
export interface Evidence {
  readonly measured: readonly MeasuredRanking[];
  readonly source: "judged" | "generated";
  /** In words, for the user. */
  readonly origin: string;
}

/** What came of it. */
export interface Outcome {
  readonly corpus: string;
  readonly evidence: Evidence;
  readonly choice: RankingChoice;
  /** Undefined where there were too few questions to choose one. */
  readonly floor: RelevanceFloor | undefined;
  /** After the choice was kept. */
  readonly inForce: RankingInForce;
  readonly dryRun: boolean;
}

function comparisonOf({ measured }: Evidence, { defaultRanking }: TuningPort) {
  const reports = measured.map(({ ranking, report }) => ({ name: nameOfRanking(ranking), report }));
  return compareReports(reports, nameOfRanking(defaultRanking));
}

/** As JSON has it. */
export function outcomeJson({ corpus, evidence, choice, floor, inForce, dryRun }: Outcome, tuning: TuningPort) {
  return {
    corpus,
    source: evidence.source,
    chosen: nameOfRanking(choice.ranking),
    reason: choice.reason,
    best: nameOfRanking(choice.best),
    held_out: { difference: choice.heldOut.difference, p: choice.heldOut.pValue },
    relevance_floor: floor ?? null,
    kept: !dryRun,
    in_force: { ranking: nameOfRanking(inForce.ranking), source: inForce.source },
    comparison: comparisonJson(comparisonOf(evidence, tuning)),
  };
}

/** For people: the table, the choice and its reason, and what is in force now. */
export function outcomeInWords(
  { corpus, evidence, choice, floor, inForce, dryRun }: Outcome,
  tuning: TuningPort,
): string {
  const kept = choice.reason === "better" ? "The corpus keeps this choice." : "The corpus keeps no choice of its own.";
  const fate = dryRun ? "Nothing was changed (--dry-run)." : kept;
  const config =
    inForce.source === "config"
      ? ` The config says \`mode\` or \`dense_weight\` itself, which goes before any choice: take them out to let the choice count.`
      : "";
  return [
    `${corpus}: measured with ${evidence.origin}.\n`,
    comparisonTable(comparisonOf(evidence, tuning), "columns"),
    `Chosen: ${nameOfRanking(choice.ranking)}. ${reasonOf(choice, tuning)}`,
    floorInWords(floor),
    `${fate} In force: ${inForceInWords(inForce)}.${config}\n`,
  ].join("\n");
}

function floorInWords(floor: RelevanceFloor | undefined): string {
  if (floor === undefined) return `No relevance floor: it wants at least ${MIN_QUESTIONS} queries.`;
  const shown = [floor.lexical, floor.dense].map((value) => value.toFixed(3));
  return `Relevance floor: ${shown[0]} by words, ${shown[1]} by vectors. ${REFUSED_SHARE * 100} % of these queries, all with a known answer, stay below one of them.`;
}

function reasonOf({ reason, best, heldOut }: RankingChoice, { defaultRanking }: TuningPort): string {
  const p = probability(heldOut.pValue);
  const held = `choosing by measurement changed nDCG@10 by ${signed(heldOut.difference)} on held-out queries (p ${p.startsWith("<") ? p : `= ${p}`})`;
  const [winner, usual] = [nameOfRanking(best), nameOfRanking(defaultRanking)];
  const reasons: Readonly<Record<RankingChoice["reason"], string>> = {
    better: `Against the default, ${usual}, ${held}.`,
    "default-best": "The default is the best, or as good as the best.",
    "not-significant": `The default stays: ${winner} looks best, but ${held}, and p < ${SIGNIFICANCE} is wanted.`,
    "too-few-queries": `The default stays: a choice wants at least ${MIN_QUERIES} queries.`,
  };
  return reasons[reason];
}
