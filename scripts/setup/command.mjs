import { spawnSync } from "node:child_process";
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

/** What could not be done, and the command that mends it. */
export class SetUpError extends Error {
  /**
   * @param {string} message what failed
   * @param {string} remedy the command to run
   */
  constructor(message, remedy) {
    super(message);
    this.remedy = remedy;
  }
}

/**
 * One line on standard error, so that a command's own standard output stays clean.
 * @param {string} text
 */
export function say(text) {
  process.stderr.write(`pharos set-up: ${text}\n`);
}

/** @param {string} modules the project's node_modules */
export function logPath(modules) {
  return join(modules, ".cache", "pharos", "setup.log");
}

/**
 * Runs a command to its end, its output appended to the log.
 * @param {string} modules the project's node_modules
 * @param {readonly string[]} command program and arguments
 * @param {{ cwd: string, timeoutMs: number }} options
 * @returns {string} "" on success, else why it failed in a few words
 */
export function run(modules, [program, ...args], { cwd, timeoutMs }) {
  const log = openSync(logPath(modules), "a");
  try {
    writeSync(log, `\n${new Date().toISOString()} ${[program, ...args].join(" ")}\n`);
    // Straight into the file: a grandchild that outlives the time limit then holds no pipe that this would wait for.
    const { error, status, signal } = spawnSync(program, args, {
      cwd,
      timeout: timeoutMs,
      killSignal: "SIGKILL",
      stdio: ["ignore", log, log],
      env: { ...process.env, LC_ALL: "C" },
    });
    if (error?.code === "ENOENT") return `${program} is not installed`;
    if (error?.code === "ETIMEDOUT") return `${program} did not end within ${timeoutMs / 1000} s`;
    if (error !== undefined) return `${program} could not be started (${error.code})`;
    return status === 0 ? "" : `${program} failed (${signal ?? `exit code ${status}`})`;
  } finally {
    closeSync(log);
  }
}
