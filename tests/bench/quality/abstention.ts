import { basename } from "node:path";
import type { LexicalIndex } from "../../../adapters/outbound/faiss/engine/lexical-index.ts";
import { countQueryTerms } from "../../../adapters/outbound/faiss/engine/passage-terms.ts";
import { DEFAULT_FLOOR } from "../../../adapters/outbound/faiss/engine/relevance.ts";
import { chooseFloor } from "../../../application/choose-floor.ts";
import { analyze } from "../../../domain/text/analyzer.ts";
import { lexicalIndexOf } from "./lexical-index.ts";
import { chunkedCollection } from "./passages.ts";

/**
 * Prints how many questions a relevance floor refuses, by words: of a collection's own judged queries, where the floor was
 * calibrated on the other half of them, and of the queries of the other collections, which it mostly cannot answer.
 * `node abstention.ts DIR...`, collections of one language.
 */

function relevance(index: LexicalIndex, text: string): number {
  const terms = countQueryTerms(analyze(text));
  const ceiling = index.ceiling(terms);
  return ceiling > 0 ? Math.min(1, (index.search(terms, 1)[0]?.score ?? 0) / ceiling) : 0;
}

const share = (values: readonly number[], floor: number) =>
  values.length === 0
    ? "-"
    : `${((values.filter((value) => value < floor).length / values.length) * 100).toFixed(1)} %`;

const directories = process.argv.slice(2);
const collections = await Promise.all(directories.map(chunkedCollection));
const rows = collections.map(({ passages, queries }, position) => {
  const index = lexicalIndexOf(passages);
  const own = queries.map(({ text }) => relevance(index, text));
  const others = collections.filter((_, other) => other !== position).flatMap((other) => other.queries);
  const foreign = others.map(({ text }) => relevance(index, text));
  const halves = [0, 1].map((half) => own.filter((_, query) => query % 2 === half));
  const floors = halves.map((half) => chooseFloor(half.map((lexical) => ({ lexical, reachesFloor: true })))?.lexical);
  const [first, second] = floors;
  const calibrated =
    first === undefined || second === undefined
      ? ["too few", "-", "-"]
      : [
          `${first.toFixed(3)}, ${second.toFixed(3)}`,
          share([...halves[1]!.map((value) => value - first), ...halves[0]!.map((value) => value - second)], 0),
          share(foreign, (first + second) / 2),
        ];
  const fixed = [share(own, DEFAULT_FLOOR.lexical), share(foreign, DEFAULT_FLOOR.lexical)];
  return [basename(directories[position] ?? ""), `${own.length}`, `${foreign.length}`, ...fixed, ...calibrated];
});
const head = ["collection", "own", "foreign", "default: own refused", "foreign refused"];
const lines = [
  [...head, "calibrated floor, by half", "own refused", "foreign refused"],
  ["---", ...Array.from({ length: 7 }, () => "---:")],
  ...rows,
];
process.stdout.write(`${lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}\n`);
