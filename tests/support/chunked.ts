import { createHash } from "node:crypto";
import type { Chunk } from "../../domain/chunk.ts";
import type { SourceDocument } from "../../domain/document.ts";
import type { ChunkedDocument } from "../../domain/ports/corpus-port.ts";

/** The document with a chunk for each paragraph, paragraphs being parted by empty lines. */
export function chunked(document: SourceDocument): ChunkedDocument {
  const chunks: Chunk[] = [];
  let start = 0;
  for (const text of document.text.split("\n\n")) {
    if (text !== "") chunks.push(chunk(document, text, start));
    start += text.length + 2;
  }
  return { document, chunks };
}

/** The document with one chunk, its whole text. */
export function inOneChunk(document: SourceDocument): ChunkedDocument {
  return { document, chunks: [chunk(document, document.text, 0)] };
}

function chunk({ id, title }: SourceDocument, text: string, start: number): Chunk {
  return {
    id: createHash("sha256")
      .update(JSON.stringify([id, text]))
      .digest("hex")
      .slice(0, 24),
    text,
    start,
    end: start + text.length,
    section: [],
    tokens: text.split(/\s+/u).length,
    searchText: title === undefined ? text : `${title}\n${text}`,
  };
}
