import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { ServiceError, throwIfAborted } from "../../../domain/errors.ts";
import type { LocalFile, ObjectStorePort, StoredText } from "../../../domain/ports/object-store-port.ts";

/** Objects in memory; a test may break them, and have every call fail. */
export class FakeObjectStore implements ObjectStorePort {
  readonly url = "fake://objects";
  readonly objects = new Map<string, Buffer>();
  /** Keys in the order in which they were put. */
  readonly puts: string[] = [];
  failure: ServiceError | undefined;

  async putFile(key: string, { path, sha256 }: LocalFile, signal: AbortSignal): Promise<void> {
    this.begin(signal);
    const body = await readFile(path).catch((cause: unknown) => {
      throw new ServiceError("storage-failed", `${path} cannot be read.`, { cause });
    });
    throwIfAborted(signal);
    if (createHash("sha256").update(body).digest("hex") !== sha256)
      throw new ServiceError("vendor-rejected", `${key} has another checksum.`);
    this.put(key, body);
  }

  async putText(key: string, text: string, signal: AbortSignal): Promise<void> {
    this.begin(signal);
    this.put(key, Buffer.from(text));
  }

  async getFile(key: string, { path, bytes }: Pick<LocalFile, "path" | "bytes">, signal: AbortSignal): Promise<void> {
    this.begin(signal);
    const body = this.objects.get(key);
    if (body === undefined) throw new ServiceError("not-found", `There is no object ${key}.`);
    if (body.length !== bytes)
      throw new ServiceError("vendor-reply-invalid", `${key} has ${body.length} bytes, must have ${bytes}.`);
    await writeFile(path, body, { flag: "wx" }).catch((cause: unknown) => {
      throw new ServiceError("storage-failed", `${path} cannot be written.`, { cause });
    });
  }

  async getText(
    key: string,
    known: string | undefined,
    signal: AbortSignal,
  ): Promise<StoredText | "unchanged" | undefined> {
    this.begin(signal);
    const body = this.objects.get(key);
    if (body === undefined) return undefined;
    const tag = createHash("sha256").update(body).digest("hex");
    return tag === known ? "unchanged" : { text: body.toString("utf8"), tag };
  }

  async list(folder: string, signal: AbortSignal): Promise<readonly string[]> {
    this.begin(signal);
    const names = [...this.objects.keys()].flatMap((key) => {
      const [name, ...rest] = key.startsWith(`${folder}/`) ? key.slice(folder.length + 1).split("/") : [];
      return name === undefined || rest.length === 0 ? [] : [name];
    });
    return [...new Set(names)].sort();
  }

  private put(key: string, body: Buffer): void {
    this.objects.set(key, body);
    this.puts.push(key);
  }

  private begin(signal: AbortSignal): void {
    throwIfAborted(signal);
    if (this.failure !== undefined) throw this.failure;
  }
}
