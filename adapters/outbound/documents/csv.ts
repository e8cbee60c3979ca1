import { createReadStream } from "node:fs";
import { DOCUMENT_LIMITS } from "../../../domain/document.ts";
import type { FieldMapping } from "../../../domain/field-mapping.ts";
import { csvRows } from "./csv-rows.ts";
import { decodeBlocks } from "./decode-text.ts";
import { type FilePart, UnreadableError } from "./file-content.ts";
import { counted } from "./file-lines.ts";
import type { FoundFile } from "./file-tree.ts";
import { documentOfRow, metadataFields, unmapped } from "./row-document.ts";
import { typedText } from "./typed-text.ts";

/**
 * The documents of a table, row by row, by the mapping of its columns, which its first row names. Values that are plainly
 * numbers or booleans are so in the metadata (see typedText); empty ones are left out. A broken row is a failure named
 * `path:line`, rows of nothing but empty fields are passed over.
 * @throws UnreadableError a file that is none of text, a table without the columns that are wanted
 */
export async function* readCsv(
  file: FoundFile,
  mapping: FieldMapping,
  maxRowBytes: number,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): AsyncGenerator<FilePart, void, undefined> {
  const { path, extension } = file;
  const texts = decodeBlocks(counted(createReadStream(path, { signal }), onBytes));
  let columns: readonly string[] | undefined;
  for await (const { line, values, broken } of csvRows(texts, extension === ".tsv" ? "\t" : undefined, maxRowBytes)) {
    if (broken !== undefined) yield { failure: { source: `${path}:${line}`, reason: broken } };
    else if (values.every((value) => value.trim() === "")) continue;
    else if (columns === undefined) columns = columnsOf(values, mapping);
    else yield resultOf(columns, values, line, file, mapping);
  }
}

function resultOf(
  columns: readonly string[],
  values: readonly string[],
  line: number,
  { path, id: fileId }: FoundFile,
  mapping: FieldMapping,
): FilePart {
  try {
    const fields = fieldsOf(columns, values);
    return { document: documentOfRow({ fields, fileId, line, path }, mapping, typedText) };
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    return { failure: { source: `${path}:${line}`, reason: error.message } };
  }
}

/** A column without a name is "", a second of one name has its number behind it. */
function columnsOf(header: readonly string[], mapping: FieldMapping): readonly string[] {
  const times = new Map<string, number>();
  const columns = header.map((value) => {
    const name = value.trim();
    const count = (times.get(name) ?? 0) + 1;
    times.set(name, count);
    return name === "" || count === 1 ? name : `${name}_${count}`;
  });
  const named = columns.filter((name) => name !== "");
  const problem = unmapped(named, mapping);
  if (problem !== undefined) throw new UnreadableError(problem);
  const count = metadataFields(named, mapping).length;
  const { metadataKeys } = DOCUMENT_LIMITS;
  if (count > metadataKeys) {
    throw new UnreadableError(
      `It has ${count} columns for the metadata, at most ${metadataKeys} are allowed: name those to keep, as in \`--field metadata=NAME\`.`,
    );
  }
  return columns;
}

function fieldsOf(columns: readonly string[], values: readonly string[]): Readonly<Record<string, string>> {
  if (values.length !== columns.length) {
    throw new UnreadableError(`The row has ${values.length} fields, and the table ${columns.length} columns.`);
  }
  const entries = columns.map((name, index) => [name, values[index] ?? ""] as const);
  return Object.fromEntries(entries.filter(([name]) => name !== ""));
}
