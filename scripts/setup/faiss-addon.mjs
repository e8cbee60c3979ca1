import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run, SetUpError, say } from "./command.mjs";
import { fetchPackages } from "./debian-packages.mjs";

// OpenBLAS over OpenMP shares FAISS's own threads. 128 queries x 20,000 x 384: 19 ms; pthread 28; serial 27; reference 742.
const BEST_BLAS = ["openblas-openmp"];
const ANY_OPENBLAS = ["openblas-openmp", "openblas-pthread", "openblas-serial"];
const ADDON = "faiss-node.node";
const COMPILE_TIMEOUT_MS = 10 * 60_000;
const DOWNLOAD_TIMEOUT_MS = 3 * 60_000;
const CHECK_TIMEOUT_MS = 60_000;
const NOT_HERE = "this way does not start here";

/**
 * Puts the FAISS addon where `faiss-node` loads it, with the libraries that it needs beside it, whole or not at all.
 * @param {string} modules the project's node_modules
 * @throws {SetUpError} where no way leads to an addon that works
 */
export function makeAddon(modules) {
  const home = join(modules, "faiss-node");
  if (existsSync(join(home, "build", "Release", ADDON))) return;
  // Each way fills folder/build/Release and returns "" or why it failed; the first addon that works is taken.
  const reasons = [];
  for (const way of [buildWithInstalled, buildWithFetched, buildWithAnyInstalled, downloadPrebuilt]) {
    const folder = mkdtempSync(join(modules, ".cache", "pharos", "faiss-"));
    try {
      const release = join(folder, "build", "Release");
      mkdirSync(release, { recursive: true });
      const failure = way(modules, folder) || check(modules, join(release, ADDON));
      if (failure === "") return publish(join(folder, "build"), join(home, "build"));
      if (failure !== NOT_HERE) reasons.push(`  ${failure}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  const sudo = process.getuid?.() === 0 ? "" : "sudo ";
  throw new SetUpError(
    ["the FAISS addon could not be made:", ...new Set(reasons)].join("\n"),
    `${sudo}apt-get install g++ libfaiss-dev libopenblas-openmp-dev`,
  );
}

function buildWithInstalled(modules, folder) {
  if (findLibraries("/", BEST_BLAS) === undefined) return NOT_HERE;
  say("building the FAISS addon with this machine's libfaiss and OpenBLAS");
  return compile(modules, folder, "/", BEST_BLAS);
}

function buildWithFetched(modules, folder) {
  if (process.platform !== "linux") return NOT_HERE;
  if (multiarch() === undefined) return "g++ is not installed";
  say("building the FAISS addon; libfaiss and OpenBLAS come from Debian's archive into node_modules, without root");
  return fetchPackages(modules, folder) || compile(modules, folder, join(folder, "root"), BEST_BLAS);
}

function buildWithAnyInstalled(modules, folder) {
  if (findLibraries("/", ANY_OPENBLAS) === undefined) return NOT_HERE;
  say("building the FAISS addon with this machine's libfaiss and OpenBLAS");
  return compile(modules, folder, "/", ANY_OPENBLAS);
}

function downloadPrebuilt(modules, folder) {
  say("downloading the FAISS addon that faiss-node's authors built");
  copyFileSync(join(modules, "faiss-node", "package.json"), join(folder, "package.json"));
  const installer = join(modules, "prebuild-install", "bin.js");
  const command = [process.execPath, installer, "--runtime", "napi", "--verbose"];
  const failure = run(modules, command, { cwd: folder, timeoutMs: DOWNLOAD_TIMEOUT_MS });
  return failure && "faiss-node's prebuilt addon could not be downloaded";
}

/** The compiler's name for the machine's kind, as in /usr/lib/x86_64-linux-gnu; undefined without g++. */
function multiarch() {
  const { error, stdout } = spawnSync("g++", ["-print-multiarch"], { encoding: "utf8" });
  return error === undefined ? stdout.trim() : undefined;
}

/** FAISS and the first of the given kinds of OpenBLAS under a root folder; undefined where either or g++ is missing. */
function findLibraries(root, kinds) {
  const triplet = multiarch();
  if (triplet === undefined) return undefined;
  const folder = join(root, "usr", "lib", triplet);
  const faiss = join(folder, "libfaiss.a");
  const blas = kinds.map((kind) => join(folder, kind, "libopenblas.so.0")).find((file) => existsSync(file));
  if (blas === undefined || !existsSync(faiss)) return undefined;
  const places = [folder, join("/usr/lib", triplet)];
  const runtime = ["libgfortran.so.5", "libquadmath.so.0", "libgomp.so.1"]
    .map((name) => places.map((place) => join(place, name)).find((file) => existsSync(file)))
    .filter((file) => file !== undefined);
  return { faiss, include: join(root, "usr", "include"), shared: [blas, ...runtime] };
}

function compile(modules, folder, root, kinds) {
  const libraries = findLibraries(root, kinds);
  if (libraries === undefined) return "the packages hold no libfaiss.a or no OpenBLAS";
  const release = join(folder, "build", "Release");
  for (const file of libraries.shared) copyFileSync(file, join(release, file.slice(dirname(file).length + 1)));
  const source = join(modules, "faiss-node");
  const require = createRequire(join(source, "package.json"));
  const command = ["g++", "-O2", "-fPIC", "-shared", "-s", "-std=c++17", "-fopenmp", "-DNAPI_VERSION=8"];
  command.push("-include", fileURLToPath(new URL("faiss-compat.h", import.meta.url)));
  command.push(`-I${join(modules, "node-api-headers", "include")}`);
  command.push(`-I${dirname(require.resolve("node-addon-api/package.json"))}`);
  command.push(`-I${libraries.include}`);
  command.push(`-I${join(source, "src")}`);
  command.push(...["faiss-kernels.cc", "faiss-addon.cc"].map((name) => fileURLToPath(new URL(name, import.meta.url))));
  command.push(libraries.faiss, join(release, "libopenblas.so.0"));
  // Of two definitions the first counts: our inner product, not the one of libfaiss.a.
  command.push("-Wl,--allow-multiple-definition");
  // The old RPATH, not RUNPATH: it also holds for what the libraries beside the addon need.
  command.push("-Wl,--disable-new-dtags,-rpath,$ORIGIN", `-Wl,-rpath-link,${release}`, "-o", join(release, ADDON));
  const failure = run(modules, command, { cwd: folder, timeoutMs: COMPILE_TIMEOUT_MS });
  return failure && `the compiler refused faiss-node's source: ${failure}`;
}

/** Adds and searches in a process of its own, with enough queries that FAISS calls BLAS; "" or why it failed. */
function check(modules, addon) {
  const bundled = join(modules, "node", "bin", "node");
  const runtime = existsSync(bundled) ? bundled : process.execPath;
  const program = `const index = new (require(${JSON.stringify(addon)}).IndexFlatIP)(2);
index.add([1, 0, 0, 1]);
const { labels } = index.search(new Array(64).fill([0.1, 0.9]).flat(), 1);
if (labels.length !== 64 || labels.some((label) => label !== 1)) throw new Error("wrong neighbours: " + labels);`;
  const failure = run(modules, [runtime, "--eval", program], { cwd: modules, timeoutMs: CHECK_TIMEOUT_MS });
  return failure && "the addon was made but does not work here";
}

/** Renames the finished folder into place; where another process was faster, its work stays. */
function publish(from, to) {
  if (existsSync(join(to, "Release", ADDON))) return;
  if (existsSync(to)) renameSync(to, `${from}.old`);
  renameSync(from, to);
}
