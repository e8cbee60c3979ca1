import { ServiceError } from "../../../domain/errors.ts";

/**
 * The JSON of a request's body, parsed once.
 * @throws ServiceError unsupported-media-type, body-too-large, invalid-request (no UTF-8, no JSON), cancelled (it broke off)
 */
export async function readJson(request: Request, limitBytes: number): Promise<unknown> {
  checkMediaType(request.headers);
  const bytes = await readBytes(request, limitBytes);
  if (bytes.byteLength === 0) throw invalidBody("is missing, must be a JSON object");
  return parse(decode(bytes));
}

const JSON_TYPE = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/iu;

function checkMediaType(headers: Headers): void {
  if (!JSON_TYPE.test(headers.get("content-type") ?? "")) {
    throw new ServiceError("unsupported-media-type", "The body must be of Content-Type application/json, in UTF-8.");
  }
  if ((headers.get("content-encoding") ?? "identity").toLowerCase() !== "identity") {
    throw new ServiceError("unsupported-media-type", "The body must come without a Content-Encoding.");
  }
}

async function readBytes(request: Request, limitBytes: number): Promise<Uint8Array> {
  const announced = request.headers.get("content-length");
  if (announced !== null && Number(announced) > limitBytes) throw tooLarge(limitBytes);
  try {
    if (announced !== null) return new Uint8Array(await request.arrayBuffer());
    return await readChunks(request.body, limitBytes);
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    throw new ServiceError("cancelled", "The body broke off.", { cause: error });
  }
}

/** Keeps no more than the limit: nobody announced how long this body is. */
async function readChunks(body: ReadableStream<Uint8Array> | null, limitBytes: number): Promise<Uint8Array> {
  if (body === null) return new Uint8Array();
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let next = await reader.read(); next.value !== undefined; next = await reader.read()) {
    size += next.value.byteLength;
    if (size > limitBytes) {
      await discardRest(reader);
      throw tooLarge(limitBytes);
    }
    chunks.push(next.value);
  }
  return joined(chunks, size);
}

const MAX_DISCARDED_BYTES = 16 * 1024 * 1024;
const MAX_DISCARD_MS = 500;

/** Reads on for a while: a sender who listens only once it has sent all would else get a reset instead of the answer. */
async function discardRest(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(late.resolve, MAX_DISCARD_MS);
  let size = 0;
  try {
    while (size < MAX_DISCARDED_BYTES) {
      const chunk = (await Promise.race([reader.read(), late.promise]))?.value;
      if (chunk === undefined) return;
      size += chunk.byteLength;
    }
  } finally {
    clearTimeout(timer);
  }
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
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
