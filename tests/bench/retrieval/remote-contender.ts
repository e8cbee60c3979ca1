import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Command, Commands } from "./protocol.ts";

const PROGRAM = fileURLToPath(new URL("./contender-process.ts", import.meta.url));
const BYTES_PER_KB = 1_024;

/** A contender in its own process. */
export class RemoteContender {
  readonly name: string;
  private readonly child: ChildProcess;

  constructor(name: string) {
    this.name = name;
    this.child = fork(PROGRAM, [], { serialization: "advanced", execArgv: [] });
  }

  async ask<Name extends Command>(command: Name, request: Commands[Name]["request"]): Promise<Commands[Name]["reply"]> {
    const ended = new AbortController();
    const answered = once(this.child, "message", ended);
    const gone = once(this.child, "exit", ended).then(([code]) => {
      throw new Error(`The process of ${this.name} ended (${code}).`);
    });
    this.child.send({ command, request });
    try {
      const [reply] = await Promise.race([answered, gone]);
      if (reply.error !== undefined) throw new Error(`${this.name}: ${reply.error}`);
      return reply.value;
    } finally {
      gone.catch(() => undefined);
      answered.catch(() => undefined);
      ended.abort();
    }
  }

  /** Memory that the process and all that it started hold, in bytes. */
  get residentBytes(): number {
    return residentBytes(this.child.pid ?? 0);
  }

  async close(): Promise<void> {
    const exited = once(this.child, "exit");
    await this.ask("close", null);
    this.child.disconnect();
    await exited;
  }
}

function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const own = Number(/^VmRSS:\s+(\d+) kB$/mu.exec(status)?.[1] ?? 0) * BYTES_PER_KB;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
  return children.reduce((sum, child) => sum + residentBytes(Number(child)), own);
}
