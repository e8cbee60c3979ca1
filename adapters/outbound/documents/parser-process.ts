import { type ChildProcess, fork } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { abortError, throwIfAborted } from "../../../domain/errors.ts";
import { type FileContent, UnreadableError } from "./file-content.ts";
import type { FormatName } from "./formats.ts";
import type { FromParser, ParserSettings, ToParser } from "./parser-protocol.ts";

const CHILD = fileURLToPath(new URL("./parser-child.ts", import.meta.url));
const MEBIBYTE = 1_048_576;

/** What one file may cost; where it costs more, its parser is killed and the file is a failure. */
export interface ParserLimits {
  /** Milliseconds that its parser may take. Default: 2 minutes. */
  readonly parseMs: number;
  /** MiB of memory that the parsers' process may have, the runtime itself included. Default: 1,024. */
  readonly memoryMebibytes: number;
}

export const DEFAULT_PARSER_LIMITS: ParserLimits = { parseMs: 120_000, memoryMebibytes: 1_024 };

/**
 * Parses files in a process of its own, one after the other: a file that keeps its parser busy for ever, fills the memory
 * or brings the process down costs that process, and the next file gets a new one.
 */
export class ParserProcess {
  private readonly limits: ParserLimits;
  private child: ChildProcess | undefined;

  constructor(limits: ParserLimits) {
    this.limits = limits;
  }

  /** The content of a file. @throws UnreadableError, also where a limit is reached; ServiceError timeout, cancelled */
  async parse(format: FormatName, path: string, signal: AbortSignal): Promise<FileContent> {
    throwIfAborted(signal);
    this.child ??= this.start();
    let reply: FromParser | undefined;
    try {
      reply = await this.replyOf(this.child, { format, path }, signal);
    } finally {
      // What a file has left in the memory must not be counted against the next.
      if (reply === undefined || reply.memoryBytes > this.limits.memoryMebibytes * (MEBIBYTE / 2)) this.close();
    }
    if (reply.content === undefined) throw new UnreadableError(reply.unreadable);
    return reply.content;
  }

  /** Ends the process, whatever it does. */
  close(): void {
    this.child?.kill("SIGKILL");
    this.child = undefined;
  }

  private async replyOf(child: ChildProcess, file: ToParser, signal: AbortSignal): Promise<FromParser> {
    const { parseMs, memoryMebibytes } = this.limits;
    const reply = Promise.withResolvers<FromParser>();
    const fail = (reason: string) => reply.reject(new UnreadableError(reason));
    const onExit = (_: number | null, cause: NodeJS.Signals | null) =>
      fail(
        cause === "SIGKILL"
          ? `Reading it takes more than ${memoryMebibytes} MiB of memory.`
          : "Its parser crashed; the file may be broken, or take too much memory.",
      );
    const onError = () => fail("Its parser cannot be started.");
    const onAbort = () => reply.reject(abortError(signal));
    const timer = setTimeout(() => fail(`Reading it takes longer than ${parseMs / 1_000} seconds.`), parseMs);
    child.on("message", reply.resolve).on("exit", onExit).on("error", onError);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      child.send(file, () => undefined);
      return await reply.promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      child.off("message", reply.resolve).off("exit", onExit).off("error", onError);
    }
  }

  private start(): ChildProcess {
    const settings: ParserSettings = {
      service: process.pid,
      maxMemoryBytes: this.limits.memoryMebibytes * MEBIBYTE,
    };
    const child = fork(CHILD, [JSON.stringify(settings)], {
      serialization: "advanced",
      execArgv: [],
      // Nothing of our own environment, which holds keys.
      env: {},
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    child.on("error", () => undefined);
    child.once("exit", () => {
      if (this.child === child) this.child = undefined;
    });
    return child;
  }
}
