import { fork } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { processEnd } from "../support/process-end.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const READER = fileURLToPath(new URL("../support/reading-process.ts", import.meta.url));
/** More than any parser has before it reads, less than this page takes. */
const BUSY_BYTES = 250 * 1_048_576;

it("the parsers' process ends with the one that it serves, also while a file keeps it busy", async () => {
  const path = join(await temporaryFolder(), "busy.html");
  await writeFile(path, `${"<div>".repeat(150)}${"<p>x, y, z</p>".repeat(400_000)}`);
  const reader = fork(READER, [path], { execArgv: [], stdio: "ignore" });
  onTestFinished(() => void reader.kill("SIGKILL"));
  const parser = await busyChildOf(reader.pid ?? 0);
  process.kill(reader.pid ?? 0, "SIGKILL");
  await processEnd(parser);
  expect(parser).not.toBe(reader.pid);
}, 120_000);

async function busyChildOf(pid: number): Promise<number> {
  for (;;) {
    for (const child of await childrenOf(pid)) if ((await residentBytes(child)) > BUSY_BYTES) return child;
    await nextTurn();
  }
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const threads = await readdir(`/proc/${pid}/task`);
  const lists = await Promise.all(threads.map((thread) => read(`/proc/${pid}/task/${thread}/children`)));
  return lists
    .join(" ")
    .split(" ")
    .map(Number)
    .filter((child) => child > 0);
}

async function residentBytes(pid: number): Promise<number> {
  const [, pages = "0"] = (await read(`/proc/${pid}/statm`)).split(" ");
  return Number(pages) * 4_096;
}

/** "" where the process is gone. */
function read(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
