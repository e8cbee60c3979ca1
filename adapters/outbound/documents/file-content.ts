import type { Metadata, Section } from "../../../domain/document.ts";

/** What a format finds in one file. */
export interface FileContent {
  readonly title?: string;
  readonly text: string;
  readonly metadata?: Metadata;
  readonly sections?: readonly Section[];
}

/** Reads the content out of a file's bytes. @throws UnreadableError where they are not what the file's name promises */
export type ParseFile = (bytes: Uint8Array, path: string) => Promise<FileContent> | FileContent;

/** One file cannot be read, and that is the file's fault: the message says in one line what is wrong, and what is allowed. */
export class UnreadableError extends Error {
  override readonly name = "UnreadableError";
}
