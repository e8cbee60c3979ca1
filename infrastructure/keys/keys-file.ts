import { once } from "node:events";
import { stat } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import { ConfigError } from "../config/problems.ts";
import type { ReadKeys } from "./keys-file-worker.ts";
import type { KeysSettings } from "./settings.ts";

const MAX_BYTES = 8 * 1_048_576;

/** A file whose one key is `keys`, shaped as in the config, in YAML or JSON, such as a secret that is mounted into a container. */
export class KeysFile {
  readonly path: string;
  private readAs = "";

  constructor(path: string) {
    this.path = path;
  }

  /** Reads it in a thread of its own: YAML of a thousand keys takes most of a second. @throws ConfigError with every problem at once */
  async read(): Promise<KeysSettings> {
    const version = await this.version();
    const worker = new Worker(new URL("./keys-file-worker.ts", import.meta.url), { workerData: this.path });
    const [{ keys, problems }] = (await once(worker, "message")) as [ReadKeys];
    await worker.terminate();
    this.readAs = version;
    if (problems !== undefined) throw new ConfigError(this.path, problems);
    return keys;
  }

  /** Whether it is another file than the one that was read last, or was written since. @throws ConfigError */
  async hasChanged(): Promise<boolean> {
    return (await this.version()) !== this.readAs;
  }

  private async version(): Promise<string> {
    const { mtimeMs, ino, size } = await stat(this.path).catch((error: NodeJS.ErrnoException) => {
      throw this.failure(`cannot be read (${error.code ?? "unknown"})`);
    });
    if (size > MAX_BYTES) throw this.failure(`has more than ${MAX_BYTES} bytes`);
    return [mtimeMs, ino, size].join(" ");
  }

  private failure(message: string): ConfigError {
    return new ConfigError(this.path, [{ field: "", message }]);
  }
}
