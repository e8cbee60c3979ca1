/**
 * Completes what `npm ci` leaves undone: the runtimes' binaries and the FAISS addon. Plain JavaScript for Node >= 20,
 * run before every `npm start` and `npm test` (or imported for its effect), silent when nothing is missing.
 * Says on standard error what it does; exits with 1 after one clear message where it cannot.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const modules = fileURLToPath(new URL("../node_modules/", import.meta.url));
const isInstalled = (name) => existsSync(`${modules}${name}/package.json`);

// An install without devDependencies has no runtime packages: then the Node that runs this serves.
const lacksRuntime =
  (isInstalled("node") && !existsSync(`${modules}node/bin/node`)) ||
  (isInstalled("deno") && !existsSync(`${modules}deno/deno`));
const lacksAddon = !existsSync(`${modules}faiss-node/build/Release/faiss-node.node`);

if (lacksRuntime || lacksAddon) {
  const { complete } = await import("./setup/complete.mjs");
  process.exitCode = await complete(modules);
  if (process.exitCode !== 0) process.exit();
}
