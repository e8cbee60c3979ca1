import type { FileContent } from "./file-content.ts";
import type { FormatName } from "./formats.ts";

/** What the process of the parsers is started with, as its only argument, in JSON. */
export interface ParserSettings {
  /** Process that it serves; it ends with it. */
  readonly service: number;
  /** Resident memory in bytes at which it is killed. */
  readonly maxMemoryBytes: number;
}

/** One file to read; the next is sent when the reply to the last has come. */
export interface ToParser {
  readonly format: FormatName;
  readonly path: string;
}

/** The content, or in one line why there is none; and what memory the process has by now. */
export type FromParser = { readonly memoryBytes: number } & (
  | { readonly content: FileContent; readonly unreadable?: never }
  | { readonly unreadable: string; readonly content?: never }
);
