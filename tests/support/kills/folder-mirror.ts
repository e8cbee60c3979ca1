import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import { RUNTIMES, type Runtime } from "../service-process.ts";
import { randomNumbers } from "../vectors.ts";
import type { Texts } from "./corpus-check.ts";
import { textOf } from "./texts.ts";

const CLI = fileURLToPath(new URL("../../../infrastructure/cli.ts", import.meta.url));
const FILES = 14;
const ROWS = 10;

/** A command that is under way. */
export interface RunningCommand {
  readonly child: ChildProcess;
  /** Resolves with what it said once it is gone. */
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>;
}

/** A folder that changes, and the command line that brings it into a corpus. */
export class FolderMirror {
  readonly ids: readonly string[] = [
    ...Array.from({ length: FILES }, (_, index) => `notes/file${index}.md`),
    ...Array.from({ length: ROWS }, (_, index) => `row${index}`),
  ];
  readonly corpus: string;
  private readonly folder: string;
  private readonly runtime: Runtime;
  private readonly environment: Readonly<Record<string, string>>;
  private readonly random: () => number;
  private content = new Map<string, string>();
  private corpusHolds: Texts = new Map();
  private expected: Texts = new Map();
  private readonly gone = new Set<string>();
  private version = 0;

  constructor(
    corpus: string,
    folder: string,
    runtime: Runtime,
    environment: Readonly<Record<string, string>>,
    seed: number,
  ) {
    this.corpus = corpus;
    this.folder = join(folder, "notes");
    this.runtime = runtime;
    this.environment = environment;
    this.random = randomNumbers(seed);
  }

  /** Changes about a third of the files and rows. */
  async change(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    for (const id of this.ids) {
      const choice = this.random();
      if (choice < 0.25 || this.content.size < 3) this.content.set(id, this.newText());
      else if (choice < 0.35) this.content.delete(id);
    }
    for (const id of this.ids.slice(0, FILES)) {
      const [, name = ""] = id.split("/");
      const text = this.content.get(id);
      if (text === undefined) await rm(join(this.folder, name), { force: true });
      else await writeFile(join(this.folder, name), text);
    }
    const rows = this.ids.slice(FILES).flatMap((id) => {
      const text = this.content.get(id);
      return text === undefined ? [] : [JSON.stringify({ id, text })];
    });
    await writeFile(join(this.folder, "rows.jsonl"), `${rows.join("\n")}\n`);
  }

  /** Starts to bring the folder, as it is now, into the corpus. */
  begin(command: "sync" | "ingest"): RunningCommand {
    const [runtime, ...before] = RUNTIMES[this.runtime];
    const child = spawn(runtime, [...before, CLI, command, this.folder, "--corpus", this.corpus], {
      env: { PATH: process.env.PATH, ...this.environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const kept = command === "ingest" ? [...this.corpusHolds] : [];
    this.expected = new Map([...kept, ...this.content]);
    const said: string[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => said.push(text));
    const ended = once(child, "close").then(([code]) => ({ code: code as number | null, output: said.join("") }));
    return { child, ended };
  }

  /** Takes note of what the corpus really holds, after a command that was killed or not; returns the texts that are gone. @throws where a document is neither as it was nor as the command makes it */
  settle(held: Texts, isComplete: boolean): readonly string[] {
    for (const id of this.ids) {
      const allowed = isComplete ? [this.expected.get(id)] : [this.corpusHolds.get(id), this.expected.get(id)];
      expect(allowed, `${id} is neither as it was nor as it is on disk`).toContain(held.get(id));
      const before = this.corpusHolds.get(id);
      if (before !== undefined && before !== held.get(id)) this.gone.add(before);
    }
    this.corpusHolds = held;
    const gone = [...this.gone];
    this.gone.clear();
    return gone;
  }

  private newText(): string {
    this.version += 1;
    return textOf(`folder ${this.version}`, 1 + (this.version % 3));
  }
}
