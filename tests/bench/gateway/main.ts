import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { describeMachine, writeTables } from "../documentation.ts";
import { installPeers } from "../peers.ts";
import { CONTENDERS } from "./contenders.ts";
import { contendersNamed, type Effort, measure } from "./measure.ts";
import { stayOn } from "./processes.ts";
import { gatewayTables } from "./tables.ts";

const { values: flags } = parseArgs({
  options: {
    /** Names parted by commas. */
    contenders: { type: "string", default: CONTENDERS.map(({ name }) => name).join(",") },
    /** Times that every process is started anew. */
    restarts: { type: "string", default: "3" },
    /** Slices of each kind in each of these. */
    rounds: { type: "string", default: "5" },
    "slice-ms": { type: "string", default: "2000" },
    /** Requests to each before anything is measured; a tenth as many streams. */
    "warm-up": { type: "string", default: "20000" },
    /** Writes the tables into the documentation. */
    write: { type: "boolean", default: false },
  },
});

const say = (text: string) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);

if (availableParallelism() < 2) throw new Error("The bench needs two cores: one for the gateway, one for all others.");
installPeers();
const machine = { en: describeMachine("en"), zh: describeMachine("zh") };
stayOn(1);
const effort: Effort = {
  restarts: Number(flags.restarts),
  rounds: Number(flags.rounds),
  sliceMs: Number(flags["slice-ms"]),
  warmUp: Number(flags["warm-up"]),
  cores: [0, 1],
};
const folder = mkdtempSync(join(tmpdir(), "pharos-bench-"));
try {
  const measured = await measure(contendersNamed(flags.contenders.split(",")), effort, folder, say);
  const text = (language: "en" | "zh") => `${machine[language]}\n\n${gatewayTables(measured, language)}`;
  process.stdout.write(`${text("en")}\n`);
  if (flags.write) writeTables("bench:gateway", { en: text("en"), zh: text("zh") });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
