import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { BufferedLog } from "../../../infrastructure/telemetry/buffered-log.ts";
import { createLogger } from "../../../infrastructure/telemetry/logger.ts";

/** A logger behind a buffer, and what was written of it so far. */
function logging() {
  const writes: string[] = [];
  const written = Promise.withResolvers<void>();
  const write = (lines: string) => {
    writes.push(lines);
    written.resolve();
  };
  return { log: createLogger(new BufferedLog({ write })), writes, written: written.promise };
}

/** What a process writes that runs this after it has made a `log`. */
async function lastWords(code: string): Promise<string> {
  const module = (name: string) =>
    JSON.stringify(new URL(`../../../infrastructure/telemetry/${name}`, import.meta.url));
  const script = `
    import { BufferedLog } from ${module("buffered-log.ts")};
    import { createLogger, standardError } from ${module("logger.ts")};
    const log = createLogger(new BufferedLog(standardError()));
    ${code}`;
  const args = "Deno" in globalThis ? ["eval", script] : ["--input-type=module", "-e", script];
  return text(spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] }).stderr);
}

describe("the buffered log", () => {
  it("writes lines together that come one after another, in their order and by itself", async () => {
    const { log, writes, written } = logging();
    log.info({}, "one");
    log.info({}, "two");
    expect(writes).toEqual([]);
    await written;
    expect(writes).toHaveLength(1);
    expect(writes[0]).toMatch(/"one".*\n.*"two".*\n$/u);
  });

  it("writes a warning at once, after all that came before it", () => {
    const { log, writes } = logging();
    log.info({}, "one");
    log.warn({}, "two");
    log.error({}, "three");
    expect(writes.map((lines) => lines.split("\n").length - 1)).toEqual([2, 1]);
  });

  it("does not let more wait than a bounded number of characters", () => {
    const { log, writes } = logging();
    log.info({ long: "x".repeat(20_000) }, "one");
    expect(writes).toHaveLength(1);
  });

  it("loses nothing when the process ends, is ended, or fails", async () => {
    for (const end of ["", "process.exit(3);", "throw new Error('a bug');"]) {
      expect(await lastWords(`log.info({}, "one"); log.info({}, "two"); ${end}`)).toMatch(/"one".*\n.*"two".*\n/u);
    }
  });
});
