import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, extname, join, relative, resolve, sep } from "node:path";
import type { Origin } from "../../../domain/document.ts";
import { ServiceError, throwIfAborted } from "../../../domain/errors.ts";
import type { ReadFailure, ReadRoot } from "../../../domain/ports/document-reader-port.ts";

/** A file, or a folder that cannot be looked into. */
export interface FoundFile {
  /** The path as it was given, or the given folder's path with the file's below it. */
  readonly path: string;
  /** The path from the given path's parent on, with `/`, in Unicode's NFC: the same on every machine. */
  readonly id: string;
  readonly origin: Origin;
  /** With a dot, in lower case. */
  readonly extension: string;
  readonly bytes: number;
  /** Whether the path itself was given, rather than a folder around it. */
  readonly isGiven: boolean;
  readonly failure?: ReadFailure;
}

const SKIPPED_FOLDERS = new Set(["node_modules"]);

/**
 * The regular files of the paths, each folder in the order of its names. Links are followed, a folder that was seen before
 * is not entered again; hidden files and folders, and node_modules, are passed over unless they are given themselves.
 * @throws ServiceError not-found (a path that is not there), timeout, cancelled
 */
export async function* filesUnder(
  paths: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<FoundFile, void, undefined> {
  for (const path of paths) {
    const walk = new FileWalk(path, signal);
    yield* walk.files();
  }
}

class FileWalk {
  private readonly given: string;
  private readonly signal: AbortSignal;
  private readonly seenFolders = new Set<string>();
  private root = "";

  constructor(given: string, signal: AbortSignal) {
    this.given = given;
    this.signal = signal;
  }

  async *files(): AsyncGenerator<FoundFile, void, undefined> {
    throwIfAborted(this.signal);
    const found = await statOf(this.given);
    if (found === undefined) throw nothingAt(this.given);
    this.root = (await rootOf(this.given)).root;
    if (found.isDirectory()) yield* this.folder(this.given);
    else if (found.isFile()) yield this.found(this.given, found.size);
    else yield this.broken(this.given, "It is neither a file nor a folder.");
  }

  private async *folder(path: string): AsyncGenerator<FoundFile, void, undefined> {
    throwIfAborted(this.signal);
    const entries = await this.entriesOf(path);
    if (entries === undefined) {
      yield this.broken(path, "The folder cannot be read; check its permissions.");
      return;
    }
    for (const { name } of entries.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
      if (name.startsWith(".")) continue;
      const child = join(path, name);
      const found = await statOf(child);
      if (found?.isDirectory() && !SKIPPED_FOLDERS.has(name)) yield* this.folder(child);
      else if (found?.isFile()) yield this.found(child, found.size);
      else if (found === undefined) yield this.broken(child, "It is a link to nothing, or cannot be looked at.");
    }
  }

  /** [] for a folder that was seen before, undefined for one that cannot be read. */
  private async entriesOf(path: string): Promise<Dirent[] | undefined> {
    try {
      const real = await realpath(path);
      if (this.seenFolders.has(real)) return [];
      this.seenFolders.add(real);
      return await readdir(path, { withFileTypes: true });
    } catch (error) {
      if (isSystemError(error)) return undefined;
      throw error;
    }
  }

  private found(path: string, bytes: number): FoundFile {
    const given = resolve(this.given);
    const id = portable(relative(dirname(given), resolve(path)));
    const origin = { root: this.root, file: portable(relative(given, resolve(path))) };
    return { path, id, origin, extension: extname(basename(path)).toLowerCase(), bytes, isGiven: path === this.given };
  }

  private broken(path: string, reason: string): FoundFile {
    return { ...this.found(path, 0), failure: { source: path, reason } };
  }
}

/** With `/`, in Unicode's NFC. */
function portable(path: string): string {
  return path.split(sep).join("/").normalize("NFC");
}

/**
 * The path with its links resolved; of one that is not there, as far as it is there.
 * @throws ServiceError not-found (it cannot be looked at)
 */
export async function rootOf(given: string): Promise<ReadRoot> {
  const path = resolve(given);
  try {
    return { root: await realpath(path), isThere: true };
  } catch (error) {
    if (!isSystemError(error)) throw error;
    if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw nothingAt(given);
    const parent = dirname(path);
    return { root: parent === path ? path : join((await rootOf(parent)).root, basename(path)), isThere: false };
  }
}

function nothingAt(path: string): ServiceError {
  return new ServiceError("not-found", `There is no file or folder ${path}, or it cannot be looked at.`);
}

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (isSystemError(error)) return undefined;
    throw error;
  }
}

/** An error of the operating system, such as ENOENT or EACCES. */
export function isSystemError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && "syscall" in error && "code" in error && typeof error.code === "string";
}
