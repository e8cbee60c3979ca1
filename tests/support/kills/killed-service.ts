import type { ChildProcess } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { processEnd } from "../process-end.ts";
import { type Runtime, type ServiceProcess, type StartingProcess, spawnServiceProcess } from "../service-process.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { CHUNKS } from "./corpus-check.ts";
import { childrenOf } from "./processes.ts";

/** Passages from which the index is HNSW: the workload goes back and forth over it. */
const FLAT_BELOW = 30;

/** One service over one data folder, killed and started again and again. */
export class KilledService {
  readonly dataDirectory: string;
  readonly configFile: string;
  private readonly runtime: Runtime;
  private current: ServiceProcess | undefined;
  private starts = 0;

  private constructor(runtime: Runtime, dataDirectory: string) {
    this.runtime = runtime;
    this.dataDirectory = dataDirectory;
    this.configFile = join(dataDirectory, "kills.json");
  }

  static async start(runtime: Runtime): Promise<KilledService> {
    const service = new KilledService(runtime, await temporaryFolder());
    await service.start();
    return service;
  }

  get environment(): Readonly<Record<string, string>> {
    return { HOME: this.dataDirectory, PHAROS_DATA: this.dataDirectory, PHAROS_CONFIG: this.configFile };
  }

  get url(): string {
    return this.running.url;
  }

  /** Ids of the engines, one for each corpus. */
  engines(): Promise<readonly number[]> {
    return childrenOf(this.running.child.pid ?? 0);
  }

  /** Kills the service at this very moment; its engines end by themselves. */
  async kill(): Promise<void> {
    await killWithChildren(this.running.child);
    await this.running.stop("SIGKILL");
  }

  async start(): Promise<void> {
    this.current = await (await this.spawn()).listening;
  }

  /** Starts it and kills it before or while it listens, at the moment that the promise gives. */
  async startAndKill(moment: () => Promise<void>): Promise<void> {
    const starting = await this.spawn();
    await moment();
    await killWithChildren(starting.child);
    await starting.stop("SIGKILL");
  }

  private async spawn(): Promise<StartingProcess> {
    await writeFile(this.configFile, JSON.stringify(configOf(this.starts % 2 === 0 ? "dense" : "fused")));
    this.starts += 1;
    return spawnServiceProcess(this.runtime, { dataDirectory: this.dataDirectory, environment: this.environment });
  }

  private get running(): ServiceProcess {
    if (this.current === undefined) throw new Error("The service was never started.");
    return this.current;
  }
}

/** Kills the process and waits until what it has started has ended by itself. */
export async function killWithChildren(child: ChildProcess): Promise<void> {
  // Ids are given again to others: none is kept past the end of its process.
  const left = new Set(await childrenOf(child.pid ?? 0));
  onTestFinished(() => {
    for (const pid of left) process.kill(pid, "SIGKILL");
  });
  child.kill("SIGKILL");
  await Promise.all([...left].map((pid) => processEnd(pid).then(() => left.delete(pid))));
}

function configOf(mode: "dense" | "fused") {
  const embedder = new URL("./words-embedder.ts", import.meta.url).href;
  return {
    models: { extractive: { adapter: "extractive" } },
    embedders: { words: { adapter: embedder }, lsa: { adapter: "lsa" } },
    searches: {
      words: { adapter: "faiss", embedder: "words", mode, flat_below: FLAT_BELOW },
      learned: { adapter: "faiss", embedder: "lsa", flat_below: FLAT_BELOW },
    },
    ingestion: { chunk_tokens: CHUNKS.targetTokens, max_chunk_tokens: CHUNKS.maxTokens },
  };
}
