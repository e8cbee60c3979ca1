import { randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { pathToFileURL } from "node:url";
import { abortError, ServiceError, throwIfAborted } from "../../../domain/errors.ts";
import type { LocalFile, ObjectStorePort, StoredText } from "../../../domain/ports/object-store-port.ts";

const MAX_TEXT_BYTES = 1_048_576;

/** Objects as files of one folder, such as a network disk that several machines share. */
export class FolderObjectStore implements ObjectStorePort {
  readonly url: string;
  private readonly directory: string;

  /** @param directory absolute; made where it is not there */
  constructor(directory: string) {
    this.directory = directory;
    this.url = pathToFileURL(directory).href;
  }

  putFile(key: string, { path, bytes }: LocalFile, signal: AbortSignal): Promise<void> {
    return this.call(key, signal, () =>
      this.replace(key, async (to) => {
        await pipeline(createReadStream(path), createWriteStream(to, { flags: "wx" }), { signal });
        const { size } = await stat(to);
        if (size !== bytes) throw new ServiceError("storage-failed", `${path} has ${size} bytes, must have ${bytes}.`);
      }),
    );
  }

  putText(key: string, text: string, signal: AbortSignal): Promise<void> {
    return this.call(key, signal, () =>
      this.replace(key, async (to) => {
        const file = await open(to, "wx");
        try {
          await file.writeFile(text);
        } finally {
          await file.close();
        }
      }),
    );
  }

  getFile(key: string, { path, bytes }: Pick<LocalFile, "path" | "bytes">, signal: AbortSignal): Promise<void> {
    return this.call(key, signal, async () => {
      const from = this.pathOf(key);
      const { size } = await stat(from).catch(absent(key));
      if (size !== bytes) throw otherSize(from, size, `must have ${bytes}`);
      await pipeline(createReadStream(from), createWriteStream(path, { flags: "wx" }), { signal });
    });
  }

  getText(key: string, known: string | undefined, signal: AbortSignal): Promise<StoredText | "unchanged" | undefined> {
    return this.call(key, signal, async () => {
      const file = await open(this.pathOf(key), "r").catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return undefined;
        throw error;
      });
      if (file === undefined) return undefined;
      try {
        const { ino, mtimeMs, size } = await file.stat();
        const tag = [ino, mtimeMs, size].join("-");
        if (tag === known) return "unchanged";
        if (size > MAX_TEXT_BYTES) throw otherSize(this.pathOf(key), size, `may have ${MAX_TEXT_BYTES} at most`);
        return { text: await file.readFile("utf8"), tag };
      } finally {
        await file.close();
      }
    });
  }

  list(folder: string, signal: AbortSignal): Promise<readonly string[]> {
    return this.call(folder, signal, async () => {
      const entries = await readdir(this.pathOf(folder), { withFileTypes: true }).catch(
        (error: NodeJS.ErrnoException) => {
          if (error.code === "ENOENT") return [];
          throw error;
        },
      );
      return entries
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
        .sort();
    });
  }

  /** Writes beside the file under another name, and renames: there is the former one or the new one. */
  private async replace(key: string, write: (path: string) => Promise<void>): Promise<void> {
    const path = this.pathOf(key);
    const temporary = `${path}.${randomUUID()}.tmp`;
    await mkdir(dirname(path), { recursive: true });
    try {
      await write(temporary);
      const file = await open(temporary, "r+");
      await file.sync().finally(() => file.close());
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  private async call<Result>(key: string, signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    throwIfAborted(signal);
    try {
      return await work();
    } catch (error) {
      if (signal.aborted) throw abortError(signal);
      if (!(error instanceof Error) || error instanceof ServiceError || !("syscall" in error)) throw error;
      const why = "code" in error ? String(error.code) : "unknown";
      throw new ServiceError("storage-failed", `The file of ${this.url}/${key} cannot be read or written (${why}).`, {
        cause: error,
      });
    }
  }

  private pathOf(key: string): string {
    return join(this.directory, key);
  }
}

function absent(key: string): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    if (error.code === "ENOENT") throw new ServiceError("not-found", `There is no such object: ${key}.`);
    throw error;
  };
}

function otherSize(path: string, size: number, must: string): ServiceError {
  return new ServiceError("vendor-reply-invalid", `${path} has ${size} bytes, ${must}.`, { retryable: true });
}
