import type { ChunkFingerprint } from "./protocol.ts";

/**
 * Tells a chunk from the others of its document, and from what it was before: alike where its id, what is embedded and
 * searched, and the language in which that is analysed are.
 */
export function chunkKey({ id, searchHash }: ChunkFingerprint, language: string | undefined): string {
  return storedChunkKey(JSON.stringify(id), searchHash, language);
}

/** The same of a chunk as the record has it, its id as JSON. */
export function storedChunkKey(id: string, searchHash: string, language = ""): string {
  return `${searchHash} ${id} ${language}`;
}
