import { hash as digest } from "node:crypto";
import type { Chunk } from "../../../domain/chunk.ts";
import type { SourceDocument } from "../../../domain/document.ts";
import { type Problem, ServiceError } from "../../../domain/errors.ts";
import type { ChunkedDocument } from "../../../domain/ports/corpus-port.ts";
import type { ChunkFingerprint, Fingerprint, WireChunk, WireDocument } from "./engine/protocol.ts";

/** A document that is to be put, with what tells it from others. */
export interface PutDocument extends Fingerprint {
  readonly document: SourceDocument;
  readonly chunks: readonly ChunkFingerprint[];
  /** Each with an id of its own. */
  readonly source: readonly Chunk[];
}

/** Fingerprints the documents. @throws ServiceError invalid-request where there are none, too many, one id twice, or chunks that are not of their text */
export function fingerprintAll(documents: readonly ChunkedDocument[], maxBatch: number): readonly PutDocument[] {
  const problems: Problem[] = [];
  if (documents.length === 0 || documents.length > maxBatch) {
    problems.push({ field: "documents", message: `must be 1 to ${maxBatch} documents, are ${documents.length}` });
  }
  const ids = new Set<string>();
  for (const [index, { document, chunks }] of documents.entries()) {
    const refuse = (field: string, message: string) =>
      problems.push({ field: `documents[${index}].${field}`, message });
    if (ids.has(document.id)) refuse("id", "is the id of another document of the batch");
    ids.add(document.id);
    if (chunks.length === 0) refuse("chunks", "must be at least one");
    if (chunks.some((chunk) => !isCutFrom(chunk, document))) refuse("chunks", "must be cut from the document's text");
  }
  if (problems.length > 0) {
    throw new ServiceError("invalid-request", "These documents cannot be put into a corpus.", { problems });
  }
  return documents.map(fingerprint);
}

function fingerprint({ document, chunks }: ChunkedDocument): PutDocument {
  const source = [...new Map(chunks.map((chunk) => [chunk.id, chunk])).values()];
  const { id, title, text, uri, metadata, readers, origin } = document;
  const places = source.map((chunk) => ({ ...chunk, searchText: undefined, text: undefined }));
  const prints: ChunkFingerprint[] = source.map((chunk) => ({
    id: chunk.id,
    searchHash: hash([title, chunk.searchText]),
  }));
  const whole: unknown[] = [id, title, text, uri, sorted(metadata), places, prints];
  // Only where there are some, so that documents put before there were readers and origins stay unchanged.
  if (readers !== undefined) whole.push({ readers: [idSet(readers.users), idSet(readers.groups)] });
  if (origin !== undefined) whole.push({ origin: [origin.root, origin.file] });
  return { id, hash: hash(whole), chunks: prints, document, source };
}

/** What the engine keeps of the document; `placeOf` gives the place of a search text's vector by its hash, where the put brings it. */
export function wireDocument(
  { document, source, chunks, hash }: PutDocument,
  placeOf: (searchHash: string) => number | undefined,
): WireDocument {
  const { id, title, text, uri, metadata, readers, origin } = document;
  return {
    id,
    ...(title === undefined ? {} : { title }),
    text,
    ...(uri === undefined ? {} : { uri }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(readers === undefined ? {} : { readers }),
    ...(origin === undefined ? {} : { origin }),
    hash,
    chunks: source.map((chunk, index) => {
      const searchHash = chunks[index]?.searchHash ?? "";
      return wireChunk(chunk, searchHash, placeOf(searchHash));
    }),
  };
}

function wireChunk(chunk: Chunk, searchHash: string, vector: number | undefined): WireChunk {
  const { id, text, start, end, section, page, language, tokens, searchText } = chunk;
  const lead = searchText.length - text.length;
  const search =
    lead >= 0 && searchText.slice(lead) === text ? { lead: searchText.slice(0, lead) } : { whole: searchText };
  return {
    id,
    searchHash,
    start,
    end,
    section,
    ...(page === undefined ? {} : { page }),
    ...(language === undefined ? {} : { language }),
    tokens,
    search,
    ...(vector === undefined ? {} : { vector }),
  };
}

function isCutFrom({ text, start, end }: Chunk, document: SourceDocument): boolean {
  return start >= 0 && end - start === text.length && document.text.slice(start, end) === text;
}

/** 128 bits of SHA-256 over the JSON, enough to tell contents apart by. */
function hash(content: unknown): string {
  return digest("sha256", JSON.stringify(content), "base64url").slice(0, 22);
}

function sorted(metadata: SourceDocument["metadata"]): unknown {
  return metadata === undefined ? undefined : Object.entries(metadata).sort(([one], [other]) => (one < other ? -1 : 1));
}

function idSet(ids: readonly string[]): readonly string[] {
  return [...new Set(ids)].sort();
}
