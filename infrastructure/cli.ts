import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createProgram } from "../adapters/inbound/cli/program.ts";
import type { CommandRuntime } from "../adapters/inbound/cli/runtime.ts";
import { readCollection, readJudgedQueries } from "../adapters/outbound/documents/beir-collection.ts";
import { ServiceError } from "../domain/errors.ts";
import project from "../package.json" with { type: "json" };
import { buildApplication } from "./application.ts";
import { readEnvironment, regionOf } from "./config/environment.ts";
import { loadConfig } from "./config/load.ts";
import { ConfigError } from "./config/problems.ts";
import { createKey } from "./keys/create-key.ts";
import { main } from "./main.ts";
import { openObjectStore } from "./snapshots/open-object-store.ts";
import { createLogger } from "./telemetry/logger.ts";

const interruption = new AbortController();

function interruptible(): void {
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => interruption.abort());
}

const runtime: CommandRuntime = {
  version: project.version,
  output: process.stdout,
  progress: process.stderr,
  signal: interruption.signal,
  fail() {
    process.exitCode = 1;
  },
  serve: main,
  async verifySnapshot(directory) {
    interruptible();
    const { verifySnapshot } = await import("../adapters/outbound/faiss/snapshots.ts");
    return verifySnapshot(directory, interruption.signal);
  },
  async withObjectStore(url, work) {
    interruptible();
    const store = await openObjectStore(url, regionOf(readEnvironment()));
    try {
      return await work(store);
    } finally {
      await store.close?.();
    }
  },
  async withTemporaryPath(work) {
    const { dataDirectory } = readEnvironment();
    await mkdir(dataDirectory, { recursive: true });
    const folder = await mkdtemp(join(dataDirectory, ".snapshot-"));
    try {
      return await work(join(folder, "snapshot"));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
  createKey,
  readCollection: (folder) => readCollection(folder, interruption.signal),
  readJudgedQueries: (queriesPath, qrelsPath) => readJudgedQueries(queriesPath, qrelsPath, interruption.signal),
  async withServices(where, work) {
    interruptible();
    const environment = readEnvironment();
    if (where === "configured-data") return withApplication(environment.dataDirectory);
    const temporary = await mkdtemp(join(tmpdir(), "pharos-"));
    try {
      return await withApplication(temporary);
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }

    async function withApplication(dataDirectory: string) {
      const config = await loadConfig({ ...environment, dataDirectory });
      // A command learns once, from all that it has brought: how well is found must not depend on the machine's pace.
      const application = await buildApplication(config, createLogger(), false);
      try {
        return await work({
          ...application,
          defaults: { topK: config.answer.top_k, maxTokens: config.answer.max_tokens },
          promptLength: config.limits.prompt_characters,
        });
      } finally {
        await application.close();
      }
    }
  },
};

try {
  await createProgram(runtime).parseAsync(process.argv);
} catch (error) {
  process.stderr.write(`${readable(error)}\n`);
  process.exitCode = 1;
}

/** What the user can mend, in words; a bug with its stack. */
function readable(error: unknown): string {
  if (error instanceof ServiceError) return [error.message, ...supported(error)].join("\n");
  if (error instanceof ConfigError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function supported({ supported }: ServiceError): readonly string[] {
  return supported === undefined ? [] : [`Supported: ${supported.join(", ")}`];
}
