import type { ChunkFingerprint } from "./protocol.ts";

/** Tells a chunk from the others of its document: alike where both its id and what is embedded and searched are. */
export function chunkKey({ id, searchHash }: ChunkFingerprint): string {
  return storedChunkKey(JSON.stringify(id), searchHash);
}

/** The same of a chunk as the record has it, its id as JSON. */
export function storedChunkKey(id: string, searchHash: string): string {
  return `${searchHash} ${id}`;
}
