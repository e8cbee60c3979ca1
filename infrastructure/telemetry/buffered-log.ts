import process from "node:process";
import type { DestinationStream } from "pino";

const MAX_LENGTH = 16 * 1024;
/** pino's number of the lowest level that does not wait. */
const WARN_LEVEL = 40;

/** Has pino set `lastLevel` before each line: https://getpino.io/#/docs/api?id=pino-metadata */
const WANTS_LEVEL: unique symbol = Symbol.for("pino.metadata");

/**
 * Takes the lines of a logger and writes those of one turn of the event loop together, since a write for each costs more than
 * the line itself. Warnings and errors are written at once, with all that waits before them, and whatever waits when the
 * process exits, an uncaught exception included. Only what kills the process without its knowing loses lines, the last few.
 */
export class BufferedLog implements DestinationStream {
  readonly [WANTS_LEVEL] = true;
  lastLevel = 0;
  private readonly stream: DestinationStream;
  private text = "";
  private turnsEnd: ReturnType<typeof setImmediate> | undefined;

  /** @param stream has written what it is given when `write` returns */
  constructor(stream: DestinationStream) {
    this.stream = stream;
    process.on("exit", this.flush);
    // Deno knows no exit after an exception that nobody caught.
    process.on("uncaughtExceptionMonitor", this.flush);
  }

  write(line: string): void {
    this.text += line;
    if (this.lastLevel >= WARN_LEVEL || this.text.length >= MAX_LENGTH) this.flush();
    else this.turnsEnd ??= setImmediate(this.flush);
  }

  private readonly flush = (): void => {
    clearImmediate(this.turnsEnd);
    this.turnsEnd = undefined;
    const { text } = this;
    this.text = "";
    if (text !== "") this.stream.write(text);
  };
}
