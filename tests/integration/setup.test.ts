import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";

const PROJECT = fileURLToPath(new URL("../../", import.meta.url));
const NODE = join(PROJECT, "node_modules/node/bin/node");
const PUBLISHED = join(PROJECT, "node_modules/faiss-node");
const RELEASE = "node_modules/faiss-node/build/Release";

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

function start(script: string, env: NodeJS.ProcessEnv = process.env, args: readonly string[] = []): ChildProcess {
  return spawn(NODE, [script, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
}

async function ended(child: ChildProcess): Promise<Ended> {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error("the child has no pipes");
  const [output, errors, [code]] = await Promise.all([text(stdout), text(stderr), once(child, "close")]);
  return { code, output, errors };
}

describe("the set-up of this checkout", () => {
  it("is silent and succeeds when nothing is missing", async () => {
    const again = await ended(start(join(PROJECT, "scripts/setup.mjs")));
    expect(again).toEqual({ code: 0, output: "", errors: "" });
  });
});

interface Machine {
  readonly project: string;
  /** Starts the set-up there. */
  readonly setUp: () => ChildProcess;
  /** What lies beside the addon's folder and in the set-up's own. */
  readonly leftovers: () => Promise<readonly string[]>;
  /** How often an addon was asked for. */
  readonly requests: () => number;
}

/** A project without its addon, where there is no compiler and no apt, and prebuilt addons come from loopback. */
async function machineWithoutCompiler(answer: () => Promise<Buffer | undefined>): Promise<Machine> {
  const project = await temporaryFolder();
  await cp(join(PROJECT, "scripts"), join(project, "scripts"), { recursive: true });
  const packageFolder = "node_modules/faiss-node";
  await mkdir(join(project, packageFolder), { recursive: true });
  await cp(join(PROJECT, packageFolder, "package.json"), join(project, packageFolder, "package.json"));
  await symlink(join(PROJECT, "node_modules/prebuild-install"), join(project, "node_modules/prebuild-install"));
  let requests = 0;
  const server = createServer(async (_request, response) => {
    requests += 1;
    const body = await answer();
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const env = {
    PATH: join(project, "no-commands"),
    npm_config_faiss_node_binary_host: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    npm_config_cache: join(project, "cache"),
  };
  return {
    project,
    setUp: () => start(join(project, "scripts/setup.mjs"), env),
    leftovers: async () => [
      ...(await readdir(join(project, packageFolder))),
      ...(await readdir(join(project, "node_modules/.cache/pharos"))),
    ],
    requests: () => requests,
  };
}

describe("the set-up of a machine without a compiler", () => {
  it("fetches the prebuilt addon in one line, and nothing the second time", async () => {
    const machine = await machineWithoutCompiler(async () => packed(PUBLISHED));
    const first = await ended(machine.setUp());
    expect(first.errors).toBe("pharos set-up: downloading the FAISS addon that faiss-node's authors built\n");
    expect(first.code).toBe(0);
    expect(await readdir(join(machine.project, RELEASE))).toEqual(await readdir(join(PROJECT, RELEASE)));
    expect(await machine.leftovers()).toEqual(["build", "package.json", "setup.log"]);

    expect(await ended(machine.setUp())).toEqual({ code: 0, output: "", errors: "" });
    expect(machine.requests()).toBe(1);
  });

  it("does the work once when two start at the same time", async () => {
    const oneWaits = Promise.withResolvers<void>();
    const machine = await machineWithoutCompiler(async () => {
      await oneWaits.promise;
      return packed(PUBLISHED);
    });
    const both = [machine.setUp(), machine.setUp()];
    for (const child of both) {
      child.stderr?.on("data", (line) => `${line}`.includes("waiting for it") && oneWaits.resolve());
    }
    const results = await Promise.all(both.map(ended));
    expect(results.map(({ code }) => code)).toEqual([0, 0]);
    expect(machine.requests()).toBe(1);
    expect(await machine.leftovers()).toEqual(["build", "package.json", "setup.log"]);
  });

  it("goes on where one that was killed left off", async () => {
    const asked = Promise.withResolvers<void>();
    const answers = [new Promise<undefined>(() => {}), Promise.resolve(packed(PUBLISHED))];
    const machine = await machineWithoutCompiler(async () => {
      asked.resolve();
      return answers.shift();
    });
    const first = machine.setUp();
    await asked.promise;
    first.kill("SIGKILL");
    await once(first, "exit");
    expect((await ended(machine.setUp())).code).toBe(0);
    expect(await readdir(join(machine.project, RELEASE))).toContain("faiss-node.node");
  });

  it("names what failed and the command that mends it, and leaves nothing half made", async () => {
    const machine = await machineWithoutCompiler(async () => undefined);
    const { code, output, errors } = await ended(machine.setUp());
    expect(code).toBe(1);
    expect(output).toBe("");
    expect(errors).toContain("g++ is not installed");
    expect(errors).toContain("faiss-node's prebuilt addon could not be downloaded");
    expect(errors).toMatch(/^Run: (sudo )?apt-get install g\+\+ libfaiss-dev libopenblas-openmp-dev$/m);
    expect(await machine.leftovers()).toEqual(["package.json", "setup.log"]);
    const log = await readFile(join(machine.project, "node_modules/.cache/pharos/setup.log"), "utf8");
    expect(log).toContain("404");
  });

  it("does not put an addon in place that cannot be loaded", async () => {
    const broken = await temporaryFolder();
    await mkdir(join(broken, "build/Release"), { recursive: true });
    await writeFile(join(broken, "build/Release/faiss-node.node"), "not an addon");
    const machine = await machineWithoutCompiler(async () => packed(broken));
    const { code, errors } = await ended(machine.setUp());
    expect(code).toBe(1);
    expect(errors).toContain("the addon was made but does not work here");
    expect(await machine.leftovers()).toEqual(["package.json", "setup.log"]);
  });

  it("asks for npm ci where the packages are not installed", async () => {
    const machine = await machineWithoutCompiler(async () => undefined);
    await rm(join(machine.project, "node_modules"), { recursive: true });
    const { code, errors } = await ended(machine.setUp());
    expect(code).toBe(1);
    expect(errors).toBe("pharos set-up: the packages are not installed. Run: npm ci\n");
  });
});

describe("the command pharos", () => {
  it("hands its arguments to the command line and its exit code back", async () => {
    const project = await temporaryFolder();
    for (const folder of ["scripts", "bin"])
      await cp(join(PROJECT, folder), join(project, folder), { recursive: true });
    await symlink(join(PROJECT, "node_modules"), join(project, "node_modules"));
    await mkdir(join(project, "infrastructure"));
    const cli = "const words: string[] = process.argv.slice(2);\nconsole.log(words.join());\nprocess.exitCode = 3;\n";
    await writeFile(join(project, "infrastructure/cli.ts"), cli);
    const result = await ended(start(join(project, "bin/pharos.mjs"), process.env, ["ask", "what is new?", "--json"]));
    expect(result).toEqual({ code: 3, output: "ask,what is new?,--json\n", errors: "" });
  });
});

/** The addon under `home` as faiss-node's authors publish theirs: a gzipped tar of build/Release. */
function packed(home: string): Buffer {
  const { status, stdout } = spawnSync("tar", ["-c", "-C", home, "build/Release"], { maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error("tar failed");
  return gzipSync(stdout, { level: 1 });
}
