import { createHash } from "node:crypto";
import { GetObjectCommand, PutObjectCommand, paginateListObjectsV2, S3Client } from "@aws-sdk/client-s3";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { abortable } from "../../../domain/abortable.ts";
import { ServiceError, throwIfAborted } from "../../../domain/errors.ts";
import type { LocalFile, ObjectStorePort, StoredText } from "../../../domain/ports/object-store-port.ts";
import { readSome, writeBody } from "./body.ts";
import { invalidReply, translateError } from "./errors.ts";
import type { S3Location } from "./location.ts";
import { StallWatch } from "./stall-watch.ts";
import { upload } from "./upload.ts";

export interface S3StoreSettings extends S3Location {
  /** Where the bucket is thought to be; S3 tells where it is not. */
  readonly region: string;
  /** Time in which S3 has to send something of an object, in milliseconds. Default: 30,000. */
  readonly stallMs?: number;
  /** Bytes from which a file is put in parts, and that a part has at least; S3 wants 5 MiB. Default: 16 MiB. */
  readonly partBytes?: number;
}

const MAX_TEXT_BYTES = 1_048_576;
const CONNECT_MS = 5_000;
const SILENCE_MS = 60_000;
const ATTEMPTS = 3;

/**
 * Objects of one bucket under one prefix. S3 checks the SHA-256 of whatever is put, whole or part by part, and refuses what
 * differs (https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html).
 */
export class S3ObjectStore implements ObjectStorePort {
  readonly url: string;
  private readonly client: S3Client;
  private readonly location: S3Location;
  private readonly stallMs: number;
  private readonly partBytes: number;

  constructor({ region, bucket, prefix, stallMs = 30_000, partBytes = 16 * 1_048_576 }: S3StoreSettings) {
    this.url = `s3://${bucket}${prefix === "" ? "" : `/${prefix}`}`;
    this.location = { bucket, prefix };
    this.stallMs = stallMs;
    this.partBytes = partBytes;
    this.client = new S3Client({
      region,
      followRegionRedirects: true,
      maxAttempts: ATTEMPTS,
      // We say the checksums ourselves, and what comes is checked as a whole.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
      requestHandler: new NodeHttpHandler({ connectionTimeout: CONNECT_MS, socketTimeout: SILENCE_MS }),
    });
  }

  putFile(key: string, file: LocalFile, signal: AbortSignal): Promise<void> {
    const target = { Bucket: this.location.bucket, Key: this.keyOf(key) };
    return this.call(key, signal, () => upload(this.client, target, file, this.partBytes, signal));
  }

  async putText(key: string, text: string, signal: AbortSignal): Promise<void> {
    const Body = Buffer.from(text, "utf8");
    const put = new PutObjectCommand({
      Bucket: this.location.bucket,
      Key: this.keyOf(key),
      Body,
      ContentType: "application/json",
      ChecksumSHA256: createHash("sha256").update(Body).digest("base64"),
    });
    await this.call(key, signal, () => this.client.send(put, { abortSignal: signal }));
  }

  async getFile(key: string, { path, bytes }: Pick<LocalFile, "path" | "bytes">, signal: AbortSignal): Promise<void> {
    const watch = new StallWatch(this.stallMs, signal);
    try {
      await this.call(key, watch.signal, async () => {
        const body = await this.open(key, undefined, watch.signal);
        const written = await writeBody(body, path, bytes, watch);
        if (written !== bytes) throw invalidReply(this.nameOf(key), `has ${written} bytes, must have ${bytes}`);
      });
    } finally {
      watch.end();
    }
  }

  async getText(
    key: string,
    known: string | undefined,
    signal: AbortSignal,
  ): Promise<StoredText | "unchanged" | undefined> {
    const watch = new StallWatch(this.stallMs, signal);
    try {
      return await this.call(key, watch.signal, async () => {
        const get = this.getCommand(key, known);
        const { Body, ETag = "" } = await this.client.send(get, { abortSignal: watch.signal });
        const bytes = await readSome(asStream(Body), MAX_TEXT_BYTES, watch);
        if (bytes === undefined) throw invalidReply(this.nameOf(key), `has more than ${MAX_TEXT_BYTES} bytes`);
        return { text: bytes.toString("utf8"), tag: ETag };
      });
    } catch (error) {
      if (error instanceof ServiceError && error.code === "not-found") return undefined;
      if (isNotModified(error)) return "unchanged";
      throw error;
    } finally {
      watch.end();
    }
  }

  async list(folder: string, signal: AbortSignal): Promise<readonly string[]> {
    const Prefix = `${this.keyOf(folder)}/`;
    const names: string[] = [];
    await this.call(folder, signal, async () => {
      const wanted = { Bucket: this.location.bucket, Prefix, Delimiter: "/" };
      for await (const page of paginateListObjectsV2({ client: this.client }, wanted, { abortSignal: signal })) {
        for (const { Prefix: found = "" } of page.CommonPrefixes ?? []) names.push(found.slice(Prefix.length, -1));
      }
    });
    return names.sort();
  }

  async close(): Promise<void> {
    this.client.destroy();
  }

  private async open(key: string, known: string | undefined, signal: AbortSignal): Promise<NodeJS.ReadableStream> {
    const { Body } = await this.client.send(this.getCommand(key, known), { abortSignal: signal });
    return asStream(Body);
  }

  private getCommand(key: string, known: string | undefined): GetObjectCommand {
    return new GetObjectCommand({
      Bucket: this.location.bucket,
      Key: this.keyOf(key),
      ...(known === undefined ? {} : { IfNoneMatch: known }),
    });
  }

  /** What the work returns; the signal's error as soon as it aborts, even while the SDK looks for credentials. */
  private async call<Result>(key: string, signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    throwIfAborted(signal);
    try {
      return await abortable(work(), signal);
    } catch (error) {
      throw isNotModified(error) ? error : translateError(error, this.nameOf(key), signal);
    }
  }

  private keyOf(key: string): string {
    return this.location.prefix === "" ? key : `${this.location.prefix}/${key}`;
  }

  private nameOf(key: string): string {
    return `${this.url}/${key}`;
  }
}

function isNotModified(error: unknown): boolean {
  const { $metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } };
  return $metadata?.httpStatusCode === 304;
}

/** On Node and Deno a body is a stream of the runtime's. */
function asStream(body: unknown): NodeJS.ReadableStream {
  return body as NodeJS.ReadableStream;
}
