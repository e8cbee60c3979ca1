import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { DataSet } from "./data-set.ts";
import { exactNeighbours, recall } from "./exact-neighbours.ts";
import { middleBuilt } from "./numbers.ts";
import type { Built } from "./protocol.ts";
import { RemoteContender } from "./remote-contender.ts";
import type { Slice } from "./slice.ts";

/** Documents of a batch: as many as Pharos takes at once. */
export const DOCUMENTS_PER_BATCH = 128;
export const TOP_K = 10;
export const MANY_CALLERS = 32;

export interface Effort {
  /** Times that each contender is built from nothing, in turns; the last one is searched. */
  readonly builds: number;
  /** Rounds in which each contender has a slice with one caller and one with many. */
  readonly rounds: number;
  readonly sliceMs: number;
  /** Times that a contender is saved while it is built, evenly spread. */
  readonly saves: number;
}

/** What was measured of one contender over one set of data. */
export interface Measured extends Built {
  readonly name: string;
  readonly recall: number;
  readonly residentBytes: number;
  /** A slice for each round. */
  readonly alone: readonly Slice[];
  readonly together: readonly Slice[];
}

export type Say = (text: string) => void;

/** Has the contenders build in turns, then search in turns, so that what disturbs the machine disturbs all. */
export async function measure(
  dataSet: DataSet,
  names: readonly string[],
  { builds, rounds, sliceMs, saves }: Effort,
  say: Say,
): Promise<Measured[]> {
  const title = `${dataSet.head.name} ${dataSet.size} vectors`.trimStart();
  const exact = exactNeighbours(dataSet, TOP_K);
  const earlier: Built[][] = [];
  for (let turn = 1; turn < builds; turn++) {
    say(`${title}: building, turn ${turn} of ${builds}`);
    earlier.push(await buildEach(dataSet, names, saves));
  }
  say(`${title}: building, turn ${builds} of ${builds}`);
  const contenders = names.map((name) => new RemoteContender(name));
  const measured: (Measured & { alone: Slice[]; together: Slice[] })[] = [];
  for (const [index, contender] of contenders.entries()) {
    const last = await build(dataSet, contender, saves);
    const built = middleBuilt([...earlier.map((turn) => turn[index]!), last]);
    const found = await contender.ask("answers", { topK: TOP_K });
    measured.push({
      name: contender.name,
      ...built,
      recall: recall(found, exact),
      residentBytes: 0,
      alone: [],
      together: [],
    });
  }
  for (let round = 0; round < rounds; round++) {
    say(`${title}: searching, round ${round + 1} of ${rounds}`);
    for (const [index, contender] of contenders.entries()) {
      const slice = { durationMs: sliceMs, topK: TOP_K };
      measured[index]?.alone.push(await contender.ask("slice", { ...slice, callers: 1 }));
      measured[index]?.together.push(await contender.ask("slice", { ...slice, callers: MANY_CALLERS }));
    }
  }
  const results = measured.map((one, index) => ({ ...one, residentBytes: contenders[index]?.residentBytes ?? 0 }));
  for (const contender of contenders) await contender.close();
  return results;
}

/** Builds each contender once and lets go of it. */
async function buildEach(dataSet: DataSet, names: readonly string[], saves: number): Promise<Built[]> {
  const built: Built[] = [];
  for (const name of names) {
    const contender = new RemoteContender(name);
    built.push(await build(dataSet, contender, saves));
    await contender.close();
  }
  return built;
}

/** Builds a contender in a folder of its own, from which those before it are gone. */
async function build(dataSet: DataSet, contender: RemoteContender, saves: number): Promise<Built> {
  const directory = join(dataSet.directory, contender.name.replaceAll(/\W/gu, "-"));
  await rm(directory, { recursive: true, force: true });
  await contender.ask("open", { contender: contender.name, dataSet: dataSet.directory, directory });
  return contender.ask("build", { documentsPerBatch: DOCUMENTS_PER_BATCH, saves });
}
