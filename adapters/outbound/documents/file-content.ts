import type { Metadata, Readers, Section, SourceDocument } from "../../../domain/document.ts";
import type { ReadFailure } from "../../../domain/ports/document-reader-port.ts";

/** What a format finds in one file. */
export interface FileContent {
  readonly title?: string;
  readonly text: string;
  readonly metadata?: Metadata;
  readonly readers?: Readers;
  readonly sections?: readonly Section[];
}

/** A document that a file holds, or what is wrong with a part of the file. */
export type FilePart =
  | { readonly document: SourceDocument; readonly failure?: never }
  | { readonly failure: ReadFailure; readonly document?: never };

/** Reads the content out of a file's bytes. @throws UnreadableError where they are not what the file's name promises */
export type ParseFile = (bytes: Uint8Array, path: string) => Promise<FileContent> | FileContent;

/** One file cannot be read, and that is the file's fault: the message says in one line what is wrong, and what is allowed. */
export class UnreadableError extends Error {
  override readonly name = "UnreadableError";
}
