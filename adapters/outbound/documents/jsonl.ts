import { createReadStream } from "node:fs";
import type { FieldMapping } from "../../../domain/field-mapping.ts";
import { decodeText, refuseBinary } from "./decode-text.ts";
import { type FilePart, UnreadableError } from "./file-content.ts";
import { counted, linesOf } from "./file-lines.ts";
import type { FoundFile } from "./file-tree.ts";
import { documentOfRow } from "./row-document.ts";

/**
 * The documents of a JSONL file, line by line, by the mapping of their fields; fields with texts, numbers, booleans or
 * lists of texts can become metadata, and `readers` says who may read the document. A broken line is a failure named `path:line`; blank lines are passed over.
 * @throws UnreadableError a file that is none of text
 */
export async function* readJsonl(
  { path, id: fileId }: FoundFile,
  mapping: FieldMapping,
  maxLineBytes: number,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): AsyncGenerator<FilePart, void, undefined> {
  const blocks = textOnly(counted(createReadStream(path, { signal }), onBytes));
  for await (const { number: line, bytes } of linesOf(blocks, maxLineBytes)) {
    const source = `${path}:${line}`;
    if (bytes === undefined) {
      yield { failure: { source, reason: `The line is too long; at most ${maxLineBytes} bytes are allowed.` } };
      continue;
    }
    try {
      const fields = fieldsOf(decodeText(bytes));
      if (fields !== undefined) yield { document: documentOfRow({ fields, fileId, line, path }, mapping) };
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error;
      yield { failure: { source, reason: error.message } };
    }
  }
}

async function* textOnly(blocks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let isFirst = true;
  for await (const block of blocks) {
    if (isFirst) refuseBinary(block);
    isFirst = false;
    yield block;
  }
}

/** Undefined for a blank line. */
function fieldsOf(line: string): Readonly<Record<string, unknown>> | undefined {
  if (line.trim() === "") return undefined;
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UnreadableError("The line is not valid JSON.", { cause: error });
  }
  throw new UnreadableError("The line must hold a JSON object.");
}
