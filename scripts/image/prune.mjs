/**
 * Takes out of node_modules what the service never reads: packages that only built the FAISS addon, types, source maps,
 * sources of what is compiled, documentation. Licences stay. Run in the folder of package.json; says what it saved.
 */
import { existsSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";

const BUILD_ONLY = new Set(["node-addon-api", "node-api-headers", "prebuild-install"]);

/** Node runs no TypeScript below node_modules, so every .ts there is a type or a source. */
const UNREAD_FILE =
  /\.(?:[cm]?ts|map|md|markdown|cc|cpp|h|gypi?|tiktoken|tsbuildinfo|flow|html)$|^(?:CMakeLists|TestPlans)\.txt$/iu;
const UNREAD_FOLDER = new Set([".cache", ".github", "examples", "test", "tests", "__tests__"]);
const LICENCE = /^(?:licen[cs]e|notice|copying)/iu;

const modules = realpathSync("node_modules");
const before = bytesOf(modules);
const needed = new Set();
visit(dirname(modules));
for (const folder of packageFolders(modules)) {
  if (existsSync(folder) && !needed.has(folder)) rmSync(folder, { recursive: true });
}
for (const folder of needed) removeUnread(folder);
for (const name of [".bin", ".cache", ".package-lock.json"])
  rmSync(join(modules, name), { recursive: true, force: true });
process.stdout.write(`node_modules: ${megabytes(before)} MB, of which ${megabytes(bytesOf(modules))} MB are kept\n`);

/** Marks a package's dependencies, and theirs, as needed; each is found as Node finds it. */
function visit(folder) {
  const { dependencies = {}, optionalDependencies = {} } = JSON.parse(
    readFileSync(join(folder, "package.json"), "utf8"),
  );
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const found = BUILD_ONLY.has(name) ? undefined : resolve(folder, name);
    if (found === undefined || needed.has(found)) continue;
    needed.add(found);
    visit(found);
  }
}

function resolve(folder, name) {
  for (let from = folder; ; from = dirname(from)) {
    const candidate = join(from, "node_modules", name);
    if (existsSync(join(candidate, "package.json"))) return candidate;
    if (from === dirname(modules)) return undefined;
  }
}

/** Every package's folder below a node_modules, outer ones first. */
function* packageFolders(folder) {
  for (const { name } of readdirSync(folder, { withFileTypes: true })) {
    if (name.startsWith(".")) continue;
    const inner = name.startsWith("@")
      ? readdirSync(join(folder, name)).map((part) => join(folder, name, part))
      : [join(folder, name)];
    for (const one of inner) {
      yield one;
      if (existsSync(join(one, "node_modules"))) yield* packageFolders(join(one, "node_modules"));
    }
  }
}

function removeUnread(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const isPackages = entry.name === "node_modules";
    if (entry.isDirectory() && !isPackages) {
      if (UNREAD_FOLDER.has(entry.name)) rmSync(path, { recursive: true });
      else removeUnread(path);
    } else if (entry.isFile() && UNREAD_FILE.test(entry.name) && !LICENCE.test(basename(path))) rmSync(path);
  }
}

function bytesOf(path) {
  const stats = statSync(path);
  return stats.isDirectory() ? readdirSync(path).reduce((sum, name) => sum + bytesOf(join(path, name)), 0) : stats.size;
}

function megabytes(bytes) {
  return Math.round(bytes / 1e6);
}
