import { createReadStream } from "node:fs";
import type { SourceDocument } from "../../../domain/document.ts";
import { decodeText } from "./decode-text.ts";
import { brokenLimit, metadataOf } from "./document-limits.ts";
import { type FilePart, UnreadableError } from "./file-content.ts";
import { linesOf } from "./file-lines.ts";
import { takeReaders } from "./file-readers.ts";

/**
 * The documents of a JSONL file, line by line: `id` or `_id`, `text`, and where they are there `title`, `uri` or `url`, `readers`; a
 * `metadata` object and all other fields with texts, numbers, booleans or lists of texts become metadata. A document
 * without text but with a title has the title as its text. A broken line is a failure named `path:line`; blank lines are
 * passed over.
 */
export async function* readJsonl(
  path: string,
  maxLineBytes: number,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): AsyncGenerator<FilePart, void, undefined> {
  const blocks = counted(createReadStream(path, { signal }), onBytes);
  for await (const { number, bytes } of linesOf(blocks, maxLineBytes)) {
    const source = `${path}:${number}`;
    if (bytes === undefined) {
      yield { failure: { source, reason: `The line is too long; at most ${maxLineBytes} bytes are allowed.` } };
      continue;
    }
    try {
      const document = documentOf(bytes);
      if (document !== undefined) yield { document };
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error;
      yield { failure: { source, reason: error.message } };
    }
  }
}

async function* counted(blocks: AsyncIterable<Uint8Array>, onBytes: (bytes: number) => void) {
  for await (const block of blocks) {
    onBytes(block.length);
    yield block;
  }
}

/** The document of one line, undefined for a blank one. */
function documentOf(bytes: Uint8Array): SourceDocument | undefined {
  const line = decodeText(bytes);
  if (line.trim() === "") return undefined;
  const { readers, rest: fieldsOfLine } = takeReaders(fieldsOf(line));
  const { id, _id, title, text, uri, url, metadata, ...rest } = fieldsOfLine;
  const words = optionalText("title", title)?.trim();
  const given = optionalText("text", text) ?? "";
  const address = optionalText("uri", uri) ?? optionalText("url", url);
  const fields = metadataOf({ ...(isObject(metadata) ? metadata : {}), ...rest });
  const document: SourceDocument = {
    id: idOf(id ?? _id),
    text: (given.trim() === "" ? (words ?? "") : given).toWellFormed(),
    ...(words === undefined || words === "" ? {} : { title: words.toWellFormed() }),
    ...(address === undefined || address === "" ? {} : { uri: address.toWellFormed() }),
    ...(Object.keys(fields).length === 0 ? {} : { metadata: fields }),
    ...(readers === undefined ? {} : { readers }),
  };
  const broken = brokenLimit(document);
  if (broken !== undefined) throw new UnreadableError(broken);
  return document;
}

function fieldsOf(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    if (isObject(value)) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UnreadableError("The line is not valid JSON.", { cause: error });
  }
  throw new UnreadableError("The line must hold a JSON object.");
}

function idOf(id: unknown): string {
  if (typeof id === "number" && Number.isFinite(id)) return String(id);
  if (typeof id === "string") return id.toWellFormed();
  throw new UnreadableError("The field `id` (or `_id`) must be a text or a number.");
}

function optionalText(field: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  throw new UnreadableError(`The field \`${field}\` must be a text.`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
