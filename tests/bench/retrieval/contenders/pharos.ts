import type { Chunk } from "../../../../domain/chunk.ts";
import type { ChunkedDocument } from "../../../../domain/ports/corpus-port.ts";
import type { EmbeddingPort } from "../../../../domain/ports/embedding-port.ts";
import type { Language } from "../../../../domain/text/language.ts";
import { openFaiss } from "../../../support/faiss.ts";
import type { Batch, Contender, Setting } from "../contender.ts";

const PARAGRAPH_BREAK = "\n\n";
const UNENDING = new AbortController().signal;

/** The adapter as the service uses it, with its own process and its own record. What a put acknowledges is on disk. */
export async function openPharos({ dimensions, passagesPerDocument, directory, queries }: Setting): Promise<Contender> {
  const asked = new Map(queries.map(({ text, vector }) => [text, vector]));
  /** Those under way by their first texts: a map of all their passages costs the bench a microsecond a passage. */
  const batches = new Map<string, Batch>();
  const vectorsOf = (texts: readonly string[]) => {
    const batch = batches.get(texts[0]!);
    if (batch?.texts.length === texts.length) return batch.vectors;
    // Texts that are alike are embedded once.
    const known =
      batch === undefined ? asked : new Map(batch.texts.map((text, index) => [text, batch.vectors[index]!]));
    return texts.map((text) => known.get(text)!);
  };
  const embedder: EmbeddingPort = {
    kind: "fixed",
    name: "bench",
    dimensions,
    maxBatch: Number.MAX_SAFE_INTEGER,
    embed: async ({ texts }) => vectorsOf(texts),
  };
  const { corpus, retrieval, close } = openFaiss({ directory, embedder, options: { mode: "dense" } });
  await corpus.describe(UNENDING);
  return {
    isDurable: true,
    takesLists: false,
    add: async (batch) => {
      const first = batch.texts[0]!;
      batches.set(first, batch);
      await corpus.put(documentsOf(batch, passagesPerDocument), UNENDING);
      batches.delete(first);
    },
    settle: () => corpus.settle(UNENDING),
    search: async ({ text }, topK) => {
      const { passages } = await retrieval.retrieve({ query: text, topK }, UNENDING);
      return passages.map(({ id }) => Number(id));
    },
    close,
  };
}

function documentsOf({ first, texts, languages }: Batch, passagesPerDocument: number): ChunkedDocument[] {
  const documents: ChunkedDocument[] = [];
  for (let start = 0; start < texts.length; start += passagesPerDocument) {
    const end = start + passagesPerDocument;
    documents.push(documentOf(first + start, texts.slice(start, end), languages.slice(start, end)));
  }
  return documents;
}

/** As the service's own chunking makes it. */
function documentOf(first: number, paragraphs: readonly string[], languages: readonly Language[]): ChunkedDocument {
  const chunks: Chunk[] = [];
  let start = 0;
  for (const [index, text] of paragraphs.entries()) {
    const end = start + text.length;
    const told = languages[index];
    const language = told === undefined || told === "other" ? {} : { language: told };
    chunks.push({ id: String(first + index), text, start, end, section: [], ...language, tokens: 1, searchText: text });
    start = end + PARAGRAPH_BREAK.length;
  }
  return { document: { id: `document ${first}`, text: paragraphs.join(PARAGRAPH_BREAK) }, chunks };
}
