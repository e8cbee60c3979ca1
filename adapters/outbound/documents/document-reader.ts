import { readFile } from "node:fs/promises";
import type { SourceDocument } from "../../../domain/document.ts";
import { abortError, throwIfAborted } from "../../../domain/errors.ts";
import type { FieldMapping } from "../../../domain/field-mapping.ts";
import type { DocumentReaderPort, ReadResult, ReadRoot } from "../../../domain/ports/document-reader-port.ts";
import { brokenLimit } from "./document-limits.ts";
import { type FileContent, type FilePart, UnreadableError } from "./file-content.ts";
import { type FoundFile, filesUnder, isSystemError, rootOf } from "./file-tree.ts";
import { FORMAT_OF, JSONL_EXTENSIONS, KNOWN_EXTENSIONS, PARSERS, RUN_APART, TABLE_EXTENSIONS } from "./formats.ts";
import { unlessHopeless } from "./hopeless-rows.ts";
import { DEFAULT_PARSER_LIMITS, type ParserLimits, ParserProcess } from "./parser-process.ts";

const MEBIBYTE = 1_048_576;
const DEFAULT_MAX_MEBIBYTES = 50;
const KNOWN = new Set(KNOWN_EXTENSIONS);

export interface DocumentReaderOptions {
  /** Bytes of the largest file that is read, and of the longest row of a table or a JSONL file, which itself may have any size. Default: 50 MiB. */
  readonly maxBytes?: number;
  /** Of the formats whose parsers run in a process of their own. */
  readonly parser?: ParserLimits;
  /** Of tables and JSONL files, where a call does not say otherwise. */
  readonly fields?: FieldMapping;
}

/**
 * Reads Markdown, plain text, HTML, PDF, DOCX and code (one document a file), CSV, TSV and JSONL (one a row) by their
 * extensions. A file's document has the path from the given path's parent on as its id (`docs/en/faq.md` for a file found
 * under `docs`), and the path itself as its uri. Files of other kinds are passed over in folders, and failures where they
 * are given themselves. Parsers that a file could keep busy for ever run in a process of their own.
 */
export class DocumentReader implements DocumentReaderPort {
  private readonly maxBytes: number;
  private readonly limits: ParserLimits;
  private readonly fields: FieldMapping;

  constructor({ maxBytes, parser, fields }: DocumentReaderOptions = {}) {
    this.maxBytes = maxBytes ?? DEFAULT_MAX_MEBIBYTES * MEBIBYTE;
    this.limits = parser ?? DEFAULT_PARSER_LIMITS;
    this.fields = fields ?? {};
  }

  async root(path: string, signal: AbortSignal): Promise<ReadRoot> {
    throwIfAborted(signal);
    return rootOf(path);
  }

  async size(paths: readonly string[], signal: AbortSignal): Promise<number> {
    let bytes = 0;
    for await (const file of filesUnder(paths, signal)) {
      if (isKnown(file)) bytes += file.bytes;
    }
    return bytes;
  }

  async *read(
    paths: readonly string[],
    signal: AbortSignal,
    onBytes: (bytes: number) => void = () => {},
    fields: FieldMapping = {},
  ): AsyncGenerator<ReadResult, void, undefined> {
    const parser = new ParserProcess(this.limits);
    const reading = new FileReading(parser, this.maxBytes, { ...this.fields, ...fields }, signal);
    try {
      for await (const file of filesUnder(paths, signal)) {
        if (!isKnown(file) && !file.isGiven && file.failure === undefined) continue;
        let told = 0;
        const tell = (bytes: number) => {
          told += bytes;
          onBytes(bytes);
        };
        const { origin } = file;
        for await (const { document, failure } of reading.partsOf(file, tell)) {
          yield document === undefined ? { failure, origin } : { document: { ...document, origin } };
        }
        if (isKnown(file)) onBytes(file.bytes - told);
      }
    } finally {
      parser.close();
    }
  }
}

/** Reads the files of one call. */
class FileReading {
  private readonly parser: ParserProcess;
  private readonly maxBytes: number;
  private readonly fields: FieldMapping;
  private readonly signal: AbortSignal;

  constructor(parser: ParserProcess, maxBytes: number, fields: FieldMapping, signal: AbortSignal) {
    this.parser = parser;
    this.maxBytes = maxBytes;
    this.fields = fields;
    this.signal = signal;
  }

  /** At least one: what cannot be read is a failure. @throws ServiceError timeout, cancelled */
  async *partsOf(file: FoundFile, onBytes: (bytes: number) => void): AsyncGenerator<FilePart, void, undefined> {
    const { signal } = this;
    throwIfAborted(signal);
    let parts = 0;
    try {
      for await (const part of this.read(file, onBytes)) {
        parts += 1;
        yield part;
      }
      if (parts === 0) throw new UnreadableError("It holds no documents.");
    } catch (error) {
      if (signal.aborted) throw abortError(signal);
      yield { failure: { source: file.path, reason: reasonOf(error) } };
    }
  }

  private async *read(file: FoundFile, onBytes: (bytes: number) => void): AsyncGenerator<FilePart, void, undefined> {
    const { failure, extension, bytes } = file;
    if (failure !== undefined) yield { failure };
    else if (bytes === 0 && isKnown(file)) throw new UnreadableError("The file is empty.");
    else if (JSONL_EXTENSIONS.has(extension)) {
      const { readJsonl } = await import("./jsonl.ts");
      yield* unlessHopeless(readJsonl(file, this.fields, this.maxBytes, this.signal, onBytes), file.path);
    } else if (TABLE_EXTENSIONS.has(extension)) {
      const { readCsv } = await import("./csv.ts");
      yield* unlessHopeless(readCsv(file, this.fields, this.maxBytes, this.signal, onBytes), file.path);
    } else yield { document: await this.documentOf(file) };
  }

  private async documentOf(file: FoundFile): Promise<SourceDocument> {
    if (file.bytes > this.maxBytes) {
      throw new UnreadableError(`The file has ${file.bytes} bytes; at most ${this.maxBytes} are allowed.`);
    }
    const document = { id: file.id, uri: file.path, ...(await this.contentOf(file)) };
    const broken = brokenLimit(document);
    if (broken !== undefined) throw new UnreadableError(broken);
    return document;
  }

  private async contentOf({ path, extension }: FoundFile): Promise<FileContent> {
    const format = FORMAT_OF.get(extension);
    if (format === undefined) {
      const allowed = KNOWN_EXTENSIONS.join(", ");
      throw new UnreadableError(`Files of this kind cannot be read; the kinds that can are ${allowed}.`);
    }
    if (RUN_APART.has(format)) return this.parser.parse(format, path, this.signal);
    const parse = await PARSERS[format]();
    return parse(await readFile(path, { signal: this.signal }), path);
  }
}

function isKnown({ extension }: FoundFile): boolean {
  return KNOWN.has(extension);
}

/** @throws the error itself where it is nobody's fault but ours */
function reasonOf(error: unknown): string {
  if (error instanceof UnreadableError) return error.message;
  if (isSystemError(error)) return `The file cannot be read (${error.code}).`;
  // What a stack or a string cannot hold.
  if (error instanceof RangeError) return "The file is nested too deeply, or too large, to be read.";
  throw error;
}
