import { ServiceError } from "../../../domain/errors.ts";
import type { NodeRequest } from "./http-context.ts";

/**
 * The JSON of a request's body, parsed once.
 * @throws ServiceError unsupported-media-type, body-too-large, invalid-request (no UTF-8, no JSON), cancelled (it broke off)
 */
export async function readJson(request: NodeRequest, limitBytes: number): Promise<unknown> {
  checkMediaType(request.headers);
  if (Number(request.headers["content-length"] ?? 0) > limitBytes) throw tooLarge(limitBytes);
  const bytes = await readBytes(request, limitBytes);
  if (bytes.byteLength === 0) throw invalidBody("is missing, must be a JSON object");
  return parse(decode(bytes));
}

const JSON_TYPE = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/iu;

function checkMediaType(headers: NodeRequest["headers"]): void {
  if (!JSON_TYPE.test(headers["content-type"] ?? "")) {
    throw new ServiceError("unsupported-media-type", "The body must be of Content-Type application/json, in UTF-8.");
  }
  if ((headers["content-encoding"] ?? "identity").toLowerCase() !== "identity") {
    throw new ServiceError("unsupported-media-type", "The body must come without a Content-Encoding.");
  }
}

const MAX_DISCARDED_BYTES = 16 * 1024 * 1024;
const MAX_DISCARD_MS = 500;

/**
 * Keeps no more than the limit. What is sent beyond it is read for a while: a sender who listens only once it has sent all
 * would else get a reset instead of the answer.
 */
function readBytes(request: NodeRequest, limitBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let chunks: Uint8Array[] = [];
    let size = 0;
    let discarding: ReturnType<typeof setTimeout> | undefined;
    const refuse = () => {
      clearTimeout(discarding);
      request.off("data", take);
      request.pause();
      reject(tooLarge(limitBytes));
    };
    const take = (chunk: Uint8Array) => {
      size += chunk.byteLength;
      if (size <= limitBytes) {
        chunks.push(chunk);
        return;
      }
      chunks = [];
      discarding ??= setTimeout(refuse, MAX_DISCARD_MS);
      if (size > limitBytes + MAX_DISCARDED_BYTES) refuse();
    };
    const breakOff = (cause?: Error) => {
      if (discarding === undefined) reject(new ServiceError("cancelled", "The body broke off.", { cause }));
      else refuse();
    };
    const end = () => {
      request.off("close", breakOff);
      if (discarding === undefined) resolve(joined(chunks, size));
      else refuse();
    };
    request.on("data", take);
    request.on("end", end);
    request.on("error", breakOff);
    request.on("close", breakOff);
    if (request.destroyed) breakOff();
  });
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, size);
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw invalidBody("must be UTF-8");
  }
}

/** The parser's own message quotes the body, so it is not passed on. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidBody("must be valid JSON");
  }
}

function invalidBody(message: string): ServiceError {
  return new ServiceError("invalid-request", `The body ${message}.`, { problems: [{ field: "", message }] });
}

function tooLarge(limitBytes: number): ServiceError {
  return new ServiceError("body-too-large", `The body has more than ${limitBytes} bytes.`);
}
