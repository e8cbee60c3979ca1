import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { ServiceError } from "../../../domain/errors.ts";
import type { LocalFile } from "../../../domain/ports/object-store-port.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MAX_PARTS = 10_000;
/** Parts under way at once, each in memory. */
const LANES = 4;
const CLEAN_UP_MS = 10_000;

interface Target {
  readonly Bucket: string;
  readonly Key: string;
}

/** Puts the file at once, or from `partBytes` on in parts of at least so many bytes, of which S3 makes one object at the end. */
export async function upload(
  client: S3Client,
  target: Target,
  { path, bytes, sha256 }: LocalFile,
  partBytes: number,
  signal: AbortSignal,
): Promise<void> {
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    throw new ServiceError("storage-failed", `${path} cannot be read (${error.code ?? "unknown"}).`, { cause: error });
  });
  try {
    if (bytes >= partBytes) return await uploadParts(client, target, file, bytes, partBytes, signal);
    const Body = await part(file, 0, bytes, path);
    const ChecksumSHA256 = Buffer.from(sha256, "hex").toString("base64");
    await client.send(new PutObjectCommand({ ...target, Body, ChecksumSHA256 }), { abortSignal: signal });
  } finally {
    await file.close();
  }
}

async function uploadParts(
  client: S3Client,
  target: Target,
  file: FileHandle,
  bytes: number,
  partBytes: number,
  signal: AbortSignal,
): Promise<void> {
  const create = new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: "SHA256" });
  const { UploadId } = await client.send(create, { abortSignal: signal });
  const failure = new AbortController();
  const abortSignal = AbortSignal.any([signal, failure.signal]);
  const size = Math.max(partBytes, Math.ceil(bytes / MAX_PARTS));
  const count = Math.ceil(bytes / size);
  const Parts: { PartNumber: number; ETag: string | undefined; ChecksumSHA256: string }[] = [];
  let next = 0;
  const lane = async () => {
    while (next < count) {
      const index = next++;
      const Body = await part(file, index * size, Math.min(size, bytes - index * size), target.Key);
      const ChecksumSHA256 = createHash("sha256").update(Body).digest("base64");
      const send = new UploadPartCommand({ ...target, UploadId, PartNumber: index + 1, Body, ChecksumSHA256 });
      const { ETag } = await client.send(send, { abortSignal });
      Parts[index] = { PartNumber: index + 1, ETag, ChecksumSHA256 };
    }
  };
  const lanes = Array.from({ length: LANES }, () =>
    lane().catch((error: unknown) => {
      failure.abort(error);
      throw error;
    }),
  );
  try {
    await Promise.all(lanes);
    const complete = new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } });
    await client.send(complete, { abortSignal: signal });
  } catch (error) {
    await Promise.allSettled(lanes);
    // Else S3 keeps the parts, unseen, and counts them; a bucket's rule for abandoned uploads removes what this does not.
    const drop = new AbortMultipartUploadCommand({ ...target, UploadId });
    await client.send(drop, { abortSignal: AbortSignal.timeout(CLEAN_UP_MS) }).catch(() => undefined);
    throw error;
  }
}

async function part(file: FileHandle, position: number, length: number, name: string): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(buffer, done, length - done, position + done);
    if (bytesRead === 0) throw new ServiceError("storage-failed", `The file of ${name} has become shorter.`);
    done += bytesRead;
  }
  return buffer;
}
