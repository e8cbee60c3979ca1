import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { logPath, SetUpError, say } from "./command.mjs";
import { makeAddon } from "./faiss-addon.mjs";
import { holdLock } from "./lock.mjs";
import { unpackRuntimes } from "./runtimes.mjs";

/**
 * Makes what is missing under the folder node_modules, one process at a time; a second one waits and then finds it done.
 * @param {string} modules the project's node_modules
 * @returns {Promise<number>} the exit code: 0, or 1 after the reason has been printed
 */
export async function complete(modules) {
  if (!existsSync(join(modules, "faiss-node", "package.json"))) {
    say("the packages are not installed. Run: npm ci");
    return 1;
  }
  try {
    mkdirSync(join(modules, ".cache", "pharos"), { recursive: true });
    const release = await holdLock(modules);
    try {
      unpackRuntimes(modules);
      makeAddon(modules);
    } finally {
      release();
    }
    return 0;
  } catch (error) {
    say(explain(error, modules));
    return 1;
  }
}

function explain(error, modules) {
  if (error instanceof SetUpError) return `${error.message}\nRun: ${error.remedy}\nLog: ${logPath(modules)}`;
  if (error.code === "EACCES" || error.code === "EROFS") {
    return `${error.path} cannot be written. Run this as the user who ran npm ci`;
  }
  throw error;
}
