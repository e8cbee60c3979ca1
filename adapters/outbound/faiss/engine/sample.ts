import { setImmediate as nextTurn } from "node:timers/promises";
import type { Database } from "./database.ts";

/** Passages looked at in one go: about two milliseconds. */
const SLICE = 2_000;

interface Row {
  readonly number: number;
  readonly document: number;
  readonly position: number;
  readonly search_hash: string;
}

/**
 * Numbers of up to `limit` passages in the order of their search texts' hashes, alike texts once: a fair sample, the same
 * for the same passages. Looks at all of them, in slices between which requests are answered.
 */
export async function samplePassages(database: Database, limit: number): Promise<readonly number[]> {
  const sql = `SELECT number, document, position, search_hash FROM passages WHERE (document, position) > (?, ?)
     ORDER BY document, position LIMIT ${SLICE}`;
  let chosen = new Map<string, number>();
  for (let last: Row | undefined; ; await nextTurn()) {
    const rows: Row[] = database.all<Row>(sql, last?.document ?? 0, last?.position ?? -1);
    for (const { number, search_hash } of rows) if (!chosen.has(search_hash)) chosen.set(search_hash, number);
    if (rows.length < SLICE) return [...first(chosen, limit).values()];
    if (chosen.size > limit + SLICE) chosen = first(chosen, limit);
    last = rows.at(-1);
  }
}

function first(chosen: ReadonlyMap<string, number>, limit: number): Map<string, number> {
  return new Map([...chosen].sort(([one], [other]) => (one < other ? -1 : 1)).slice(0, limit));
}
