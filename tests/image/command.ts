import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type FileHandle, open } from "node:fs/promises";
import { text } from "node:stream/consumers";

/** A program and its arguments. */
export type Command = readonly [string, ...string[]];

const TAIL_BYTES = 4_000;

/** Runs commands one after the other; what they say goes into one file. */
export class Commands {
  private readonly log: FileHandle;
  private readonly signal: AbortSignal;

  private constructor(log: FileHandle, signal: AbortSignal) {
    this.log = log;
    this.signal = signal;
  }

  static async open(logFile: string, signal: AbortSignal): Promise<Commands> {
    return new Commands(await open(logFile, "w+"), signal);
  }

  /** Runs to the end. Returns standard output. @throws Error with the end of the log where it fails */
  async run([program, ...args]: Command): Promise<string> {
    const { code, output } = await this.outcome([program, ...args]);
    if (code === 0) return output;
    throw new Error(`${[program, ...args].join(" ").slice(0, 300)} ended with ${code}\n${await this.tail()}`);
  }

  /** Runs to the end, whatever that is. */
  async outcome(command: Command): Promise<{ readonly code: number | null; readonly output: string }> {
    const child = this.start(command, "pipe");
    const [output, [code]] = await Promise.all([child.stdout === null ? "" : text(child.stdout), once(child, "close")]);
    return { code, output };
  }

  /** Starts, and does not wait. */
  start([program, ...args]: Command, output: "pipe" | "log" = "log"): ChildProcess {
    const stdout = output === "pipe" ? "pipe" : this.log.fd;
    const child = spawn(program, args, {
      stdio: ["ignore", stdout, this.log.fd],
      signal: this.signal,
      killSignal: "SIGKILL",
    });
    // Without a listener an abort would end this process before it has cleaned up; who waits for the child sees it.
    return child.on("error", () => {});
  }

  /** The end of what was said. */
  async tail(): Promise<string> {
    const { size } = await this.log.stat();
    const length = Math.min(size, TAIL_BYTES);
    const { buffer } = await this.log.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString();
  }

  close(): Promise<void> {
    return this.log.close();
  }
}
