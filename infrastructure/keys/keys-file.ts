import { readFile, stat } from "node:fs/promises";
import { parse } from "yaml";
import { z } from "zod";
import { ConfigError, check } from "../config/problems.ts";
import { type KeysSettings, keysSchema } from "./settings.ts";

const fileSchema = z.strictObject({ keys: keysSchema });

const MAX_BYTES = 16 * 1_048_576;

/** A file whose one key is `keys`, shaped as in the config, in YAML or JSON, such as a secret that is mounted into a container. */
export class KeysFile {
  readonly path: string;
  private readAs = "";

  constructor(path: string) {
    this.path = path;
  }

  /** @throws ConfigError with every problem at once */
  async read(): Promise<KeysSettings> {
    const version = await this.version();
    const checked = check(fileSchema, await this.parsed());
    this.readAs = version;
    if (checked.problems !== undefined) throw new ConfigError(this.path, checked.problems);
    return checked.data.keys;
  }

  /** Whether it is another file than the one that was read last, or was written since. @throws ConfigError */
  async hasChanged(): Promise<boolean> {
    return (await this.version()) !== this.readAs;
  }

  private async version(): Promise<string> {
    try {
      const { mtimeMs, ino, size } = await stat(this.path);
      if (size > MAX_BYTES) throw this.failure(`has more than ${MAX_BYTES} bytes`);
      return [mtimeMs, ino, size].join(" ");
    } catch (error) {
      throw this.unreadable(error);
    }
  }

  private async parsed(): Promise<unknown> {
    let text: string;
    try {
      text = await readFile(this.path, "utf8");
    } catch (error) {
      throw this.unreadable(error);
    }
    try {
      return parse(text, { prettyErrors: false }) ?? {};
    } catch {
      // The parser's own words may quote the file.
      throw this.failure("is no YAML");
    }
  }

  private unreadable(error: unknown): ConfigError {
    if (error instanceof ConfigError) return error;
    return this.failure(
      `cannot be read (${error instanceof Error && "code" in error ? String(error.code) : "unknown"})`,
    );
  }

  private failure(message: string): ConfigError {
    return new ConfigError(this.path, [{ field: "", message }]);
  }
}
