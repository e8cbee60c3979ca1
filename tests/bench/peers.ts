import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const MODULES = join(HERE, "node_modules");
const PROJECT_MODULES = fileURLToPath(new URL("../../node_modules", import.meta.url));
const ADDON = join(MODULES, "hnswlib-node", "build", "Release", "addon.node");

/** Installs the packages that Pharos is measured against, beside the bench. */
export function installPeers(): void {
  const { dependencies } = JSON.parse(readFileSync(join(HERE, "package.json"), "utf8")) as Peers;
  const installed = Object.keys(dependencies).every((name) => existsSync(join(MODULES, name)));
  if (!installed) run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
}

interface Peers {
  readonly dependencies: Readonly<Record<string, string>>;
}

/** The same for searches: one of their peers comes as source, and is compiled. */
export function installSearchPeers(): void {
  installPeers();
  if (existsSync(ADDON)) return;
  const temporary = `${ADDON}.tmp`;
  mkdirSync(dirname(ADDON), { recursive: true });
  // Quicker than its authors' own build, which knows no AVX: the peer shall be at its best.
  const flags = ["-O3", "-march=native", "-fPIC", "-shared", "-s", "-std=c++17", "-DNAPI_VERSION=8"];
  const headers = [`-I${join(PROJECT_MODULES, "node-api-headers", "include")}`, `-I${join(MODULES, "node-addon-api")}`];
  const source = join(MODULES, "hnswlib-node", "src", "addon.cc");
  run("g++", [...flags, ...headers, source, "-o", temporary]);
  renameSync(temporary, ADDON);
}

/** Imports a peer. The module's type is the caller's promise. */
export async function loadPeer<Module>(name: string): Promise<Module> {
  return (await import(import.meta.resolve(name))) as Module;
}

function run(program: string, args: readonly string[]): void {
  const { error, status } = spawnSync(program, args, { cwd: HERE, stdio: ["ignore", "inherit", "inherit"] });
  if (error !== undefined || status !== 0)
    throw new Error(`${program} failed: ${error?.message ?? `exit code ${status}`}`);
}
