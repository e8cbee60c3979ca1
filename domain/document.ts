/** A value that a filter can speak of. Dates are ISO 8601 strings, which compare as text in the order of time. */
export type MetadataValue = string | number | boolean | readonly string[];

export type Metadata = Readonly<Record<string, MetadataValue>>;

/** What a user gives us to answer from. */
export interface SourceDocument {
  /** 1 to 512 characters, unique in its corpus; putting the same id again replaces the document. */
  readonly id: string;
  readonly title?: string;
  /** The whole text; not empty. */
  readonly text: string;
  /** Where a reader finds the original: an URL or a path. */
  readonly uri?: string;
  readonly metadata?: Metadata;
  /** Who may read it; everybody where absent. */
  readonly readers?: Readers;
  /** The file that it was read from; absent where a caller put it. */
  readonly origin?: Origin;
  /** Blocks of the text, in order, where its structure is known from the original (headings, pages); else chunking reads Markdown. */
  readonly sections?: readonly Section[];
}

/** Who may read a document: these users, and the members of these groups; nobody where both lists are empty. */
export interface Readers {
  readonly users: readonly string[];
  readonly groups: readonly string[];
}

/** Where a document was read from. */
export interface Origin {
  /** Absolute path, with links resolved, of the folder or file that was given to be read. */
  readonly root: string;
  /** Path of the file below the root, with `/`; "" where the root is the file itself. */
  readonly file: string;
}

/** A stretch of a document's text under one heading path and on one page. */
export interface Section {
  /** Offsets in UTF-16 code units into the document's text: start inclusive, end exclusive. */
  readonly start: number;
  readonly end: number;
  /** Headings from the outermost to the innermost; [] above the first heading. */
  readonly path: readonly string[];
  /** Page number, from 1. */
  readonly page?: number;
  /** Lines of code, which are parted by blank lines alone; else chunking reads the stretch as Markdown without headings. */
  readonly isCode?: true;
}

/** Limits of a document, checked at every door. */
export const DOCUMENT_LIMITS = {
  idLength: 512,
  titleLength: 1_000,
  uriLength: 2_000,
  metadataKeys: 64,
  metadataKeyLength: 128,
  metadataValueLength: 4_096,
  metadataListLength: 128,
  /** Users, and groups, that the readers name. */
  readersListLength: 1_000,
  readerIdLength: 256,
} as const;
