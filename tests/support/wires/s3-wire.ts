import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What one request is, in S3's words. */
export interface S3Call {
  readonly method: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly response: ServerResponse;
}

interface StoredObject {
  readonly body: Buffer;
  readonly tag: string;
}

/** One bucket of S3 on a port of 127.0.0.1, as far as Pharos speaks with it: https://docs.aws.amazon.com/AmazonS3/latest/API/ */
export interface S3Wire {
  readonly url: string;
  readonly bucket: string;
  readonly objects: Map<string, StoredObject>;
  readonly calls: readonly S3Call[];
  /** Uploads in parts that were begun and neither completed nor dropped. */
  readonly uploads: ReadonlyMap<string, unknown>;
  /** Answers in the wire's place where it returns true; replaced by a test that wants a fault. */
  fault: (call: S3Call) => boolean;
  put(key: string, body: string | Buffer): void;
  close(): Promise<void>;
}

interface Upload {
  readonly key: string;
  readonly parts: Map<number, { readonly body: Buffer; readonly tag: string; readonly sha256: string }>;
}

export async function startS3Wire(bucket = "pharos-test"): Promise<S3Wire> {
  const objects = new Map<string, StoredObject>();
  const uploads = new Map<string, Upload>();
  const calls: S3Call[] = [];
  const put = (key: string, body: string | Buffer) => {
    objects.set(key, { body: Buffer.from(body), tag: tagOf(body) });
  };
  const server = createServer(async (request, response) => {
    const body = await bytesOf(request).catch(() => undefined);
    if (body === undefined) return;
    const { pathname, searchParams: query } = new URL(request.url ?? "", "http://s3");
    const [, name = "", ...steps] = pathname.split("/").map(decodeURIComponent);
    const { method = "", headers } = request;
    const call: S3Call = { method, key: steps.join("/"), query, headers, response };
    calls.push(call);
    if (wire.fault(call)) return;
    if (name !== bucket) return replyError(call, 404, "NoSuchBucket");
    if (!headers.authorization?.startsWith("AWS4-HMAC-SHA256 ")) return replyError(call, 403, "AccessDenied");
    if (method === "GET") return query.has("list-type") ? list(call, objects) : get(call, objects);
    const upload = uploads.get(query.get("uploadId") ?? "");
    if (method === "POST" && query.has("uploads")) return begin(call, bucket, uploads);
    if (query.has("uploadId") && upload === undefined) return replyError(call, 404, "NoSuchUpload");
    if (method === "DELETE") {
      uploads.delete(query.get("uploadId") ?? "");
      return replyXml(call, 204, "");
    }
    if (method === "POST") return complete(call, body, upload as Upload, put, uploads);
    const sha256 = createHash("sha256").update(body).digest("base64");
    if (headers["x-amz-checksum-sha256"] !== sha256) return replyError(call, 400, "BadDigest");
    const tag = tagOf(body);
    if (upload === undefined) put(call.key, body);
    else upload.parts.set(Number(query.get("partNumber")), { body, tag, sha256 });
    response.writeHead(200, { etag: tag, "x-amz-checksum-sha256": sha256 }).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const wire: S3Wire = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bucket,
    objects,
    calls,
    uploads,
    fault: () => false,
    put,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return wire;
}

/** A failure as S3 tells it. */
export function replyError(call: S3Call, status: number, code: string): void {
  replyXml(call, status, `<Error><Code>${code}</Code><Message>What S3 says of it.</Message></Error>`);
}

function replyXml({ response }: S3Call, status: number, xml: string): void {
  response.writeHead(status, { "content-type": "application/xml" });
  response.end(xml === "" ? undefined : `<?xml version="1.0" encoding="UTF-8"?>\n${xml}`);
}

function get(call: S3Call, objects: ReadonlyMap<string, StoredObject>): void {
  const found = objects.get(call.key);
  if (found === undefined) {
    replyError(call, 404, "NoSuchKey");
    return;
  }
  const { body, tag } = found;
  if (call.headers["if-none-match"] === tag) {
    call.response.writeHead(304, { etag: tag }).end();
    return;
  }
  call.response.writeHead(200, { etag: tag, "content-length": body.length }).end(body);
}

/** Two names a page, so that pages are followed. */
function list(call: S3Call, objects: ReadonlyMap<string, StoredObject>): void {
  const prefix = call.query.get("prefix") ?? "";
  const folders = [...objects.keys()].flatMap((key) => {
    const rest = key.slice(prefix.length);
    return key.startsWith(prefix) && rest.includes("/") ? [`${prefix}${rest.split("/")[0]}/`] : [];
  });
  const all = [...new Set(folders)].sort();
  const start = Number(call.query.get("continuation-token") ?? 0);
  const page = all.slice(start, start + 2).map((name) => `<CommonPrefixes><Prefix>${name}</Prefix></CommonPrefixes>`);
  const more = start + 2 < all.length;
  const next = more ? `<NextContinuationToken>${start + 2}</NextContinuationToken>` : "";
  replyXml(call, 200, `<ListBucketResult><IsTruncated>${more}</IsTruncated>${next}${page.join("")}</ListBucketResult>`);
}

function begin(call: S3Call, bucket: string, uploads: Map<string, Upload>): void {
  const id = `upload-${uploads.size + 1}`;
  uploads.set(id, { key: call.key, parts: new Map() });
  replyXml(
    call,
    200,
    `<InitiateMultipartUploadResult><Bucket>${bucket}</Bucket><Key>${call.key}</Key><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
  );
}

/** Takes the parts that the caller names, where each is the one that it has put. */
function complete(
  call: S3Call,
  body: Buffer,
  { key, parts }: Upload,
  put: S3Wire["put"],
  uploads: Map<string, Upload>,
): void {
  const named = [...body.toString("utf8").matchAll(/<Part>(.*?)<\/Part>/gsu)].map(([, part = ""]) => {
    const field = (name: string) =>
      new RegExp(`<${name}>(.*?)</${name}>`, "su").exec(part)?.[1]?.replace(/&quot;/gu, '"');
    return { number: Number(field("PartNumber")), tag: field("ETag"), sha256: field("ChecksumSHA256") };
  });
  const found = named.map(({ number, tag, sha256 }) => {
    const part = parts.get(number);
    return part?.tag === tag && part?.sha256 === sha256 ? part : undefined;
  });
  if (named.length === 0 || found.includes(undefined)) {
    replyError(call, 400, "InvalidPart");
    return;
  }
  put(key, Buffer.concat(found.flatMap((part) => part?.body ?? [])));
  uploads.delete(call.query.get("uploadId") ?? "");
  replyXml(
    call,
    200,
    `<CompleteMultipartUploadResult><Key>${key}</Key><ETag>"whole"</ETag></CompleteMultipartUploadResult>`,
  );
}

function tagOf(body: string | Buffer): string {
  return `"${createHash("md5").update(body).digest("hex")}"`;
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}
