import { readCollection } from "../../../adapters/outbound/documents/beir-collection.ts";
import { DocumentReader } from "../../../adapters/outbound/documents/document-reader.ts";
import { GptTokenizer } from "../../../adapters/outbound/tokenizer/tokenizer.ts";
import { chunkDocument, DEFAULT_CHUNK_SETTINGS } from "../../../application/chunking/chunk-text.ts";

export interface CollectionPassage {
  readonly documentId: string;
  readonly title: string;
  readonly searchText: string;
}

export interface ChunkedCollection {
  readonly passages: readonly CollectionPassage[];
  /** Those that have judgements. */
  readonly queries: readonly { readonly text: string; readonly judgements: ReadonlyMap<string, number> }[];
}

const FIELDS = { id: "_id", title: "title", text: ["text"] };

/** A judged collection in BEIR's layout, cut into passages as an ingestion does. */
export async function chunkedCollection(directory: string): Promise<ChunkedCollection> {
  const { signal } = new AbortController();
  const { corpusPath, queries, judgements } = await readCollection(directory, signal);
  const tokenizer = new GptTokenizer();
  const passages: CollectionPassage[] = [];
  for await (const { document } of new DocumentReader().read([corpusPath], signal, undefined, FIELDS)) {
    if (document === undefined) continue;
    for (const { searchText } of await chunkDocument(document, DEFAULT_CHUNK_SETTINGS, tokenizer, signal)) {
      passages.push({ documentId: document.id, title: document.title ?? "", searchText });
    }
  }
  const judged = queries.flatMap(({ id, text }) => {
    const known = judgements.get(id);
    return known === undefined ? [] : [{ text, judgements: known }];
  });
  return { passages, queries: judged };
}
