import type { Metadata } from "./document.ts";

/** How sure an engine is that says so in words, as Kendra does. */
export type Confidence = "very-high" | "high" | "medium" | "low" | "unknown";

/** Where a passage stands in its document. */
export interface PassageLocation {
  /** Offsets in UTF-16 code units into the document's text: start inclusive, end exclusive. */
  readonly start?: number;
  readonly end?: number;
  /** Headings from the outermost to the innermost. */
  readonly section?: readonly string[];
  /** Page number, from 1. */
  readonly page?: number;
}

/** A stretch of a document that a search engine found. */
export interface Passage {
  /** Stable as long as the text stays the same. */
  readonly id: string;
  readonly documentId: string;
  /** The text as it stands in the document: quotes are checked against it, so nothing is squeezed or trimmed inside. */
  readonly text: string;
  readonly title?: string;
  readonly uri?: string;
  /** In [0, 1]; comparable within one answer only. */
  readonly score: number;
  readonly confidence?: Confidence;
  readonly location?: PassageLocation;
  /** ISO 639-1 where it is known. */
  readonly language?: string;
  readonly metadata?: Metadata;
  /** Tokens of the text, where they were counted when it was indexed. */
  readonly tokens?: number;
}
