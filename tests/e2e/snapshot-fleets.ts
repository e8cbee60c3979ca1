import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { type Outcome, runWith } from "../support/command-line.ts";
import { replyEmbeddings } from "../support/wires/openai-wire.ts";
import { startScriptedEmbedder } from "../support/wires/scripted-embedder.ts";

export const FLEETS = ["alpha", "bravo"] as const;
export type Fleet = (typeof FLEETS)[number];

export const EMBEDDERS = ["learned", "fixed"] as const;

/** A config with one search, two snapshots that say in every document whose they are, and `pharos` over that config. */
export interface SnapshotScene {
  readonly environment: Readonly<Record<string, string>>;
  readonly snapshots: Readonly<Record<Fleet, string>>;
  run(dataDirectory: string, ...args: readonly string[]): Promise<Outcome>;
  close(): Promise<void>;
}

const DIMENSIONS = 256;
const BOATS = 40;

/** With the shipped learned embedder, or a vendor's on loopback. */
export async function snapshotScene(kind: (typeof EMBEDDERS)[number]): Promise<SnapshotScene> {
  const folder = await mkdtemp(join(tmpdir(), "pharos-fleets-"));
  const vendor = await startScriptedEmbedder((call) => replyEmbeddings(call, DIMENSIONS));
  const configFile = join(folder, "pharos.yaml");
  await writeFile(configFile, configOf(kind, vendor.loopback.url));
  const environment = { PHAROS_CONFIG: configFile };
  const run = (dataDirectory: string, ...args: readonly string[]) => runWith(environment, dataDirectory, ...args);
  const snapshots = { alpha: join(folder, "alpha"), bravo: join(folder, "bravo") };
  for (const fleet of FLEETS) {
    const data = join(folder, `${fleet}-data`);
    await mkdir(data);
    const documents = join(folder, `${fleet}.jsonl`);
    await writeFile(documents, boatsOf(fleet));
    await expectDone(run(data, "ingest", documents));
    await expectDone(run(data, "snapshot", "create", snapshots[fleet]));
  }
  const close = async () => {
    await vendor.loopback.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { environment, snapshots, run, close };
}

/** What the command printed. */
export async function expectDone(command: Promise<Outcome>): Promise<string> {
  const { code, output, progress } = await command;
  expect(code, progress).toBe(0);
  return output;
}

function configOf(kind: (typeof EMBEDDERS)[number], url: string): string {
  const embedder =
    kind === "learned"
      ? "{ adapter: lsa }"
      : `{ adapter: openai, model: text-embedding-3-small, dimensions: ${DIMENSIONS}, api_key: sk-loopback, base_url: "${url}/v1" }`;
  return `
models: { extractive: { adapter: extractive } }
embedders: { own: ${embedder} }
searches: { boats: { adapter: faiss, embedder: own } }
`;
}

/** The same ids in both fleets: only the text tells whose they are. */
function boatsOf(fleet: Fleet): string {
  const cargoes = ["timber", "salt", "herring", "copper", "wool"];
  return Array.from({ length: BOATS }, (_, index) =>
    JSON.stringify({
      id: `boat${index}`,
      text: `Boat number ${index} of the fleet ${fleet} carries ${cargoes[index % cargoes.length]} over the sea.`,
      fleet,
    }),
  ).join("\n");
}
