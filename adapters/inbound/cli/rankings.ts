import { InvalidArgumentError } from "commander";
import type { RankingInForce } from "../../../domain/ports/tuning-port.ts";
import { nameOfRanking, type Ranking } from "../../../domain/ranking.ts";

/** A ranking that the user names; without a weight the engine's own counts. */
export type AskedRanking = Pick<Ranking, "mode"> & Partial<Ranking>;

/** `dense,sparse,fused,fused:0.2`; "candidates" where the user leaves the choice. @throws InvalidArgumentError for anything else */
export function askedRankings(text: string | true | undefined): readonly AskedRanking[] | "candidates" | undefined {
  if (text === undefined) return undefined;
  return text === true ? "candidates" : text.split(",").map((part) => askedRanking(part.trim()));
}

function askedRanking(text: string): AskedRanking {
  if (text === "dense" || text === "sparse" || text === "fused") return { mode: text };
  const weight = /^fused:(?<weight>[0-9.]+)$/u.exec(text)?.groups?.weight;
  const denseWeight = Number(weight);
  if (weight !== undefined && denseWeight >= 0 && denseWeight <= 1) return { mode: "fused", denseWeight };
  throw new InvalidArgumentError(
    `"${text}" is no ranking: dense, sparse, fused, or fused:0.2 with a weight from 0 to 1.`,
  );
}

const SOURCES: Readonly<Record<RankingInForce["source"], string>> = {
  config: "said by the config",
  tuned: "chosen by pharos tune",
  default: "the default",
};

/** `fused 0.25 (the default)` */
export function inForceInWords({ ranking, source }: RankingInForce): string {
  return `${nameOfRanking(ranking)} (${SOURCES[source]})`;
}
