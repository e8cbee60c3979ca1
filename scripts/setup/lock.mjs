import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { connect, createServer } from "node:net";
import { say } from "./command.mjs";

/**
 * Waits until this process alone sets up the given folder. The lock is a listening socket in Linux's abstract namespace:
 * the kernel lets go of it when the process ends, however it ends, and those who wait are told by their connection's end.
 * Other systems have no such names: there nothing is locked, and the atomic renames alone keep two set-ups apart.
 * @param {string} folder
 * @returns {Promise<() => void>} lets the next one go on
 */
export async function holdLock(folder) {
  if (process.platform !== "linux") return () => {};
  const { dev, ino } = statSync(folder);
  const digest = createHash("sha256").update(`${dev}:${ino}:${folder}`).digest("hex").slice(0, 32);
  const address = `\0pharos-setup-${digest}`;
  for (let waited = false; ; waited = true) {
    const release = await listen(address);
    if (release !== undefined) return release;
    if (!waited) say("another set-up is at work here; waiting for it");
    await untilClosed(address);
  }
}

/** The function that lets go of the address, or undefined where another process has it. */
function listen(address) {
  return new Promise((resolve, reject) => {
    const waiting = new Set();
    const server = createServer((socket) => waiting.add(socket.on("error", () => socket.destroy())));
    server.once("error", (error) => (error.code === "EADDRINUSE" ? resolve(undefined) : reject(error)));
    server.listen(address, () => {
      resolve(() => {
        server.close();
        for (const socket of waiting) socket.destroy();
      });
    });
  });
}

function untilClosed(address) {
  return new Promise((resolve) => {
    connect(address)
      .on("error", () => {})
      .on("close", resolve);
  });
}
