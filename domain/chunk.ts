/** A stretch of a document, ready to be indexed. */
export interface Chunk {
  /** Content-addressed: the same document id, heading path and text always give the same id. */
  readonly id: string;
  /** Exactly the document's text between start and end. */
  readonly text: string;
  /** Offsets in UTF-16 code units into the document's text: start inclusive, end exclusive. */
  readonly start: number;
  readonly end: number;
  /** Headings from the outermost to the innermost; [] where there are none. */
  readonly section: readonly string[];
  /** Page number, from 1. */
  readonly page?: number;
  /** ISO 639-1 where it is known; an index analyses the text as of that language. */
  readonly language?: string;
  /** Tokens of `text`. */
  readonly tokens: number;
  /** What is embedded and searched: title and heading path in front of the text. */
  readonly searchText: string;
}
