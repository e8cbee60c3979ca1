import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { describeMachine, writeTables } from "../documentation.ts";
import { installSearchPeers } from "../peers.ts";
import { writeCollection } from "./collection.ts";
import { CONTENDERS } from "./contender.ts";
import type { DataSet } from "./data-set.ts";
import { growthTable, growWhileSearched } from "./growth.ts";
import { longRunTable, searchAtLength } from "./long-run.ts";
import { measure } from "./measure.ts";
import { writeSynthetic } from "./synthetic.ts";
import { type Language, type Results, tablesOf } from "./tables.ts";

const { values: flags } = parseArgs({
  options: {
    /** Vectors of each run, parted by commas. */
    sizes: { type: "string", default: "10000,100000" },
    /** A folder with a test collection in BEIR's layout, measured too. */
    collection: { type: "string" },
    /** Names parted by commas; Pharos is always among them. */
    against: { type: "string", default: Object.keys(CONTENDERS).slice(1).join(",") },
    /** Times that each is built. */
    builds: { type: "string", default: "3" },
    rounds: { type: "string", default: "5" },
    "slice-ms": { type: "string", default: "3000" },
    /** Only counts memory over so many searches of the last size. */
    searches: { type: "string" },
    /** Only adds so many of the last size to an index of the others, which is searched meanwhile. */
    growth: { type: "string" },
    /** Writes the tables into the documentation. */
    write: { type: "boolean", default: false },
  },
});

const say = (text: string) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);

/** Runs over data in a folder that is gone afterwards. */
async function withData<Result>(
  make: (directory: string) => DataSet | Promise<DataSet>,
  run: (dataSet: DataSet) => Promise<Result>,
): Promise<Result> {
  const directory = mkdtempSync(join(tmpdir(), "pharos-bench-"));
  try {
    return await run(await make(directory));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

type Tables = Readonly<Record<Language, string>>;

async function compare(): Promise<Tables> {
  installSearchPeers();
  const all: Results[] = [];
  const effort = {
    builds: Number(flags.builds),
    rounds: Number(flags.rounds),
    sliceMs: Number(flags["slice-ms"]),
    saves: 8,
  };
  const run = async (dataSet: DataSet) => {
    const contenders = await measure(dataSet, ["Pharos", ...listed(flags.against)], effort, say);
    all.push({ ...dataSet.head, size: dataSet.size, contenders });
  };
  for (const size of sizes()) await withData((directory) => writeSynthetic(directory, size), run);
  const { collection } = flags;
  if (collection !== undefined) await withData((directory) => writeCollection(directory, collection), run);
  const tables = (language: Language) => all.map((results) => tablesOf(results, language)).join("\n\n");
  return { en: tables("en"), zh: tables("zh") };
}

async function countMemory(searches: number): Promise<Tables> {
  const size = sizes().at(-1) ?? 0;
  const marks = await withData(
    (directory) => writeSynthetic(directory, size),
    (dataSet) => searchAtLength(dataSet, searches, say),
  );
  return { en: longRunTable(marks, "en"), zh: longRunTable(marks, "zh") };
}

async function grow(added: number): Promise<Tables> {
  const size = sizes().at(-1) ?? 0;
  const growth = await withData(
    (directory) => writeSynthetic(directory, size),
    (dataSet) => growWhileSearched(dataSet, added),
  );
  return { en: growthTable(growth, "en"), zh: growthTable(growth, "zh") };
}

/** What the flags ask for, and its place in the documentation. */
async function run(): Promise<{ readonly place: string; readonly tables: Tables }> {
  const { searches, growth } = flags;
  if (searches !== undefined) return { place: "bench:retrieval:searches", tables: await countMemory(Number(searches)) };
  if (growth !== undefined) return { place: "bench:retrieval:growth", tables: await grow(Number(growth)) };
  return { place: "bench:retrieval", tables: await compare() };
}

function listed(flag: string): string[] {
  return flag.split(",").filter((part) => part !== "");
}

function sizes(): number[] {
  return listed(flags.sizes).map(Number);
}

const machines = { en: describeMachine("en"), zh: describeMachine("zh") };
const { place, tables } = await run();
process.stdout.write(`${machines.en}\n\n${tables.en}\n`);
if (flags.write) {
  const text = (language: Language) => `${machines[language]}\n\n${tables[language]}`;
  writeTables(place, { en: text("en"), zh: text("zh") });
}
