#!/usr/bin/env node
// The command `pharos`, in plain JavaScript for Node >= 20: completes the set-up, then runs the real command line under Node 24.
import { spawn } from "node:child_process";
import module from "node:module";
import { fileURLToPath } from "node:url";

await import("../scripts/setup.mjs");

// As `npm start` does: a command starts in two thirds of the time.
const compiled = fileURLToPath(new URL("../node_modules/.cache/compile", import.meta.url));

if (Number.parseInt(process.versions.node, 10) >= 24) {
  module.enableCompileCache(compiled);
  await import("../infrastructure/cli.ts");
} else {
  const [runtime, cli] = ["../node_modules/node/bin/node", "../infrastructure/cli.ts"].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  const child = spawn(runtime, [cli, ...process.argv.slice(2)], {
    stdio: "inherit",
    env: { NODE_COMPILE_CACHE: compiled, ...process.env },
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => forward(signal));
  child.on("error", (error) => {
    process.stderr.write(`pharos: Node 24 could not be started (${error.code}). Run: npm ci\n`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });

  function forward(signal) {
    // A terminal sends Ctrl-C to the child too: a second one would read as "at once".
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  }
}
