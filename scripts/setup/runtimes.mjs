import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { run, SetUpError, say } from "./command.mjs";

const BINARIES = { node: "bin/node", deno: "deno" };
const TIMEOUT_MS = 10 * 60_000;

/**
 * Lets the npm packages `node` and `deno` fetch or link their binaries, which .npmrc's ignore-scripts kept them from.
 * @param {string} modules the project's node_modules
 * @throws {SetUpError} where npm fails
 */
export function unpackRuntimes(modules) {
  const missing = Object.keys(BINARIES).filter((name) => isMissing(modules, name));
  if (missing.length === 0) return;
  say(`unpacking the runtimes: ${missing.join(", ")}`);
  const command = ["npm", "rebuild", ...missing, "--ignore-scripts=false"];
  const failure = run(modules, command, { cwd: dirname(modules), timeoutMs: TIMEOUT_MS });
  const left = missing.filter((name) => isMissing(modules, name));
  if (left.length > 0) {
    throw new SetUpError(
      `${left.join(" and ")} could not be unpacked: ${failure || "npm left no binary"}`,
      command.join(" "),
    );
  }
}

function isMissing(modules, name) {
  return existsSync(join(modules, name, "package.json")) && !existsSync(join(modules, name, BINARIES[name]));
}
