/** What main.ts does in namespaces of its own. Arguments: an empty folder, and Debian's name of the processor. */
import { appendFile, copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { PROJECT } from "../architecture/source-files.ts";
import { buildImage } from "./buildah.ts";
import { Commands } from "./command.ts";
import { Container, type Image, runToEnd } from "./container.ts";
import { makeDebianRoot } from "./debian-root.ts";
import { parseDockerfile } from "./dockerfile.ts";
import { checkRoot } from "./root-checks.ts";
import { checkService, untilHealthy } from "./service-checks.ts";

const READY_WITHIN_MS = 120_000;

const [work = "", arch = ""] = process.argv.slice(2);
const commands = await Commands.open(join(work, "log"));
const problems: string[] = [];
try {
  const image = await build();
  await check(image);
  await printSizes(image);
} catch (error) {
  problems.push(error instanceof Error ? error.message : String(error), await commands.tail());
}
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exit(problems.length === 0 ? 0 : 1);

async function build(): Promise<Image> {
  const dockerfile = join(PROJECT, "Dockerfile");
  await step("hadolint", () => commands.run(["hadolint", dockerfile]));
  const name = parseDockerfile(await readFile(dockerfile, "utf8")).globals.DEBIAN ?? "";
  const suite = /:(\w+)-slim$/u.exec(name)?.[1] ?? "";
  const root = join(work, "debian");
  await step(`debootstrap ${suite}, ${arch}`, () => makeDebianRoot(commands, root, suite, arch));
  const authority = process.env.NODE_EXTRA_CA_CERTS;
  const options = { commands, project: PROJECT, storage: join(work, "buildah"), base: { root, name }, arch };
  return step("buildah", () => buildImage({ ...options, ...(authority ? { authority } : {}) }));
}

async function check(image: Image): Promise<void> {
  problems.push(...(await step("what is in the image", () => checkRoot(image.root, PROJECT))));
  const refused = await step("a start without keys is refused", () => runToEnd(commands, image));
  if (refused !== 1) problems.push("it starts without keys on an address that others reach");
  const config = join(work, "pharos.yaml");
  await copyFile(join(PROJECT, "pharos.yaml"), config);
  await appendFile(config, "\nanonymous: true\n");
  const container = await Container.start(commands, image, config);
  await step("ready", () => untilHealthy(container, image, READY_WITHIN_MS));
  problems.push(...(await step("served", () => checkService(container, image))));
  const code = await step(image.stopSignal, () => container.stop());
  if (code !== 0) problems.push(`${image.stopSignal} ends it with ${code}`);
}

async function printSizes({ root }: Image): Promise<void> {
  for (const part of ["", "usr/local/bin/node", "app/node_modules", "app/node_modules/faiss-node", "app/.cache"]) {
    const options = ["--summarize", "--apparent-size", "--block-size=MB"];
    const [size = ""] = (await commands.run(["du", ...options, join(root, part)])).split("\t");
    process.stdout.write(`${size.padStart(8)}  /${part}\n`);
  }
}

async function step<T>(title: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  process.stdout.write(`${((performance.now() - start) / 1000).toFixed(1).padStart(6)} s  ${title}\n`);
  return result;
}
