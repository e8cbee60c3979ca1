import { lstat, readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { buildContext } from "./build-context.ts";

const PROGRAM_FOLDERS = ["usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin"];
/** What builds and fetches, and does not run. */
const TOOL = /^(?:.*-)?(?:g\+\+|gcc|cc|c\+\+|cpp|clang|ld|as|make|npm|npx|curl|wget|git|python3?)(?:-\d+)?$/u;
const UNREAD = /(?<!licen[cs]e)\.(?:d\.[cm]?ts|map|md|cc|h)$/iu;

/** What is in an image's root and should not be, or the other way round; [] where all is well. */
export async function checkRoot(root: string, project: string): Promise<readonly string[]> {
  const checks = [tools, packages, files, writable].map((check) => check(root, project));
  return (await Promise.all(checks)).flat();
}

async function tools(root: string): Promise<readonly string[]> {
  const listed = PROGRAM_FOLDERS.map(async (folder) => {
    const names = await readdir(join(root, folder));
    return names.filter((name) => TOOL.test(name)).map((name) => `tool ${folder}/${name}`);
  });
  return (await Promise.all(listed)).flat();
}

/** Every package of the image is one that the lock has for the service itself, and holds nothing that is not read. */
async function packages(root: string, project: string): Promise<readonly string[]> {
  const lock = JSON.parse(await readFile(join(project, "package-lock.json"), "utf8")).packages;
  const found = await walk(join(root, "app/node_modules"));
  const manifest = /^(?:(?:.*\/)?node_modules\/)?(?:@[^/]+\/)?[^/]+\/package\.json$/u;
  const names = found
    .filter((file) => manifest.test(file))
    .map((file) => `node_modules/${file.replace("/package.json", "")}`);
  const strange = names.filter((name) => lock[name] === undefined || lock[name].dev || lock[name].devOptional);
  return [
    ...strange.map((name) => `package ${name}`),
    ...found.filter((file) => UNREAD.test(file)).map((file) => `unread ${file}`),
    ...(names.length > 50 ? [] : [`only ${names.length} packages`]),
  ];
}

/** The service's own files are those that the builder was given, less what is for the build alone. */
async function files(root: string, project: string): Promise<readonly string[]> {
  const isForBuild = (file: string) =>
    /^scripts\/(?:setup\/|image\/(?:check|prune))|^\.npmrc$|^package-lock\.json$/u.test(file);
  const wanted = new Set((await buildContext(project)).filter((file) => !isForBuild(file)));
  const there = new Set(await walk(join(root, "app"), ["node_modules", ".cache"]));
  return [
    ...[...there].filter((file) => !wanted.has(file)).map((file) => `unasked app/${file}`),
    ...[...wanted].filter((file) => !there.has(file)).map((file) => `missing app/${file}`),
  ];
}

/** Nothing of the service's belongs to the user that runs it, or to everybody. */
async function writable(root: string): Promise<readonly string[]> {
  const found = (await walk(join(root, "app"))).map((file) => join(root, "app", file));
  const stats = await Promise.all(found.map((file) => lstat(file)));
  return found
    .filter((_file, index) => stats[index]?.uid !== 0 || ((stats[index]?.mode ?? 0) & 0o022) !== 0)
    .map((file) => `writable ${relative(root, file)}`);
}

/** Files below a folder, relative to it, and not below the top's folders of the given names. */
async function walk(folder: string, except: readonly string[] = []): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((file) => !except.includes(file.split("/")[0] ?? ""));
}
