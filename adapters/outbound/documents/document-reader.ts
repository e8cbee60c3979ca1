import { readFile } from "node:fs/promises";
import type { SourceDocument } from "../../../domain/document.ts";
import { abortError, throwIfAborted } from "../../../domain/errors.ts";
import type { DocumentReaderPort, ReadResult, ReadRoot } from "../../../domain/ports/document-reader-port.ts";
import { brokenLimit } from "./document-limits.ts";
import { type FilePart, type ParseFile, UnreadableError } from "./file-content.ts";
import { type FoundFile, filesUnder, isSystemError, rootOf } from "./file-tree.ts";
import { readJsonl } from "./jsonl.ts";

const MEBIBYTE = 1_048_576;
const DEFAULT_MAX_MEBIBYTES = 50;
const JSONL_EXTENSIONS = new Set([".jsonl", ".ndjson"]);

const markdown = async (): Promise<ParseFile> => (await import("./markdown.ts")).parseMarkdown;
const plainText = async (): Promise<ParseFile> => (await import("./plain-text.ts")).parsePlainText;
const html = async (): Promise<ParseFile> => (await import("./html.ts")).parseHtml;
const pdf = async (): Promise<ParseFile> => (await import("./pdf.ts")).parsePdf;

/** Formats by extension; their packages are loaded with the first file that needs them. */
const FORMATS: ReadonlyMap<string, () => Promise<ParseFile>> = new Map([
  [".md", markdown],
  [".markdown", markdown],
  [".txt", plainText],
  [".text", plainText],
  [".html", html],
  [".htm", html],
  [".xhtml", html],
  [".pdf", pdf],
]);
const KNOWN_EXTENSIONS = [...FORMATS.keys(), ...JSONL_EXTENSIONS];

export interface DocumentReaderOptions {
  /** Bytes of the largest file that is read, and of the longest line of a JSONL file, which itself may have any size. Default: 50 MiB. */
  readonly maxBytes?: number;
}

/**
 * Reads Markdown, plain text, HTML, PDF (one document a file) and JSONL (one a line) by their extensions. A file's document
 * has the path from the given path's parent on as its id (`docs/en/faq.md` for a file found under `docs`), and the path
 * itself as its uri. Files of other kinds are passed over in folders, and failures where they are given themselves.
 */
export class DocumentReader implements DocumentReaderPort {
  private readonly maxBytes: number;

  constructor({ maxBytes = DEFAULT_MAX_MEBIBYTES * MEBIBYTE }: DocumentReaderOptions = {}) {
    this.maxBytes = maxBytes;
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
  ): AsyncGenerator<ReadResult, void, undefined> {
    for await (const file of filesUnder(paths, signal)) {
      if (!isKnown(file) && !file.isGiven && file.failure === undefined) continue;
      let told = 0;
      const tell = (bytes: number) => {
        told += bytes;
        onBytes(bytes);
      };
      const { origin } = file;
      try {
        for await (const { document, failure } of this.partsOf(file, signal, tell)) {
          yield document === undefined ? { failure, origin } : { document: { ...document, origin } };
        }
      } catch (error) {
        if (signal.aborted) throw abortError(signal);
        yield { failure: { source: file.path, reason: reasonOf(error) }, origin };
      }
      if (isKnown(file)) onBytes(file.bytes - told);
    }
  }

  private async *partsOf(
    file: FoundFile,
    signal: AbortSignal,
    onBytes: (bytes: number) => void,
  ): AsyncGenerator<FilePart, void, undefined> {
    throwIfAborted(signal);
    if (file.failure !== undefined) yield { failure: file.failure };
    else if (JSONL_EXTENSIONS.has(file.extension)) yield* readJsonl(file.path, this.maxBytes, signal, onBytes);
    else yield { document: await this.documentOf(file, signal) };
  }

  private async documentOf({ path, id, extension, bytes }: FoundFile, signal: AbortSignal): Promise<SourceDocument> {
    const format = FORMATS.get(extension);
    if (format === undefined) {
      const allowed = KNOWN_EXTENSIONS.join(", ");
      throw new UnreadableError(`Files of this kind cannot be read; the kinds that can are ${allowed}.`);
    }
    if (bytes > this.maxBytes) {
      throw new UnreadableError(`The file has ${bytes} bytes; at most ${this.maxBytes} are allowed.`);
    }
    const parse = await format();
    const content = await parse(await readFile(path, { signal }), signal);
    const document = { id, uri: path, ...content };
    const broken = brokenLimit(document);
    if (broken !== undefined) throw new UnreadableError(broken);
    return document;
  }
}

function isKnown({ extension }: FoundFile): boolean {
  return FORMATS.has(extension) || JSONL_EXTENSIONS.has(extension);
}

/** @throws the error itself where it is nobody's fault but ours */
function reasonOf(error: unknown): string {
  if (error instanceof UnreadableError) return error.message;
  if (isSystemError(error)) return `The file cannot be read (${error.code}).`;
  throw error;
}
