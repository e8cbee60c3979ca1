import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const schema = z.strictObject({ url: z.string(), version: z.string() });

/** The published version that a corpus of this disk was last filled with, and the place where a version is fetched to. */
export class InstalledVersion {
  /** Of a version that is being fetched. */
  readonly fetched: string;
  private readonly directory: string;
  private readonly file: string;
  private readonly url: string;

  /** @param directory of its own */
  constructor(directory: string, url: string) {
    this.directory = directory;
    this.fetched = join(directory, "fetched");
    this.file = join(directory, "installed.json");
    this.url = url;
  }

  /** Undefined where none was, where it came from another place, or where the file is broken. */
  async read(): Promise<string | undefined> {
    try {
      const { url, version } = schema.parse(JSON.parse(await readFile(this.file, "utf8")));
      return url === this.url ? version : undefined;
    } catch {
      return undefined;
    }
  }

  async write(version: string): Promise<void> {
    const temporary = `${this.file}.tmp`;
    await writeFile(temporary, JSON.stringify({ url: this.url, version }));
    await rename(temporary, this.file);
  }

  /** Makes the place to fetch to, empty. */
  async clear(): Promise<void> {
    await this.removeFetched();
    await mkdir(this.fetched, { recursive: true });
  }

  async removeFetched(): Promise<void> {
    await mkdir(this.directory, { recursive: true });
    await rm(this.fetched, { recursive: true, force: true });
  }
}
