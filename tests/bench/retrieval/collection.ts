import { basename } from "node:path";
import { readCollection } from "../../../adapters/outbound/documents/beir-collection.ts";
import { DocumentReader } from "../../../adapters/outbound/documents/document-reader.ts";
import { embedAll } from "../../../adapters/outbound/faiss/spaces.ts";
import { LsaEmbedding } from "../../../adapters/outbound/lsa/embedding.ts";
import { lsaOptions } from "../../../adapters/outbound/lsa/options.ts";
import { DataSet, type Entry } from "./data-set.ts";

const UNENDING = new AbortController().signal;

/** A test collection in BEIR's layout, a passage a document, with the vectors of the default embedder, which has learned from it. */
export async function writeCollection(directory: string, path: string): Promise<DataSet> {
  const collection = await readCollection(path, UNENDING);
  const texts: string[] = [];
  for await (const { document } of new DocumentReader().read([collection.corpusPath], UNENDING)) {
    if (document !== undefined) texts.push([document.title, document.text].filter(Boolean).join("\n"));
  }
  const lsa = new LsaEmbedding(lsaOptions.parse({}));
  try {
    const space = await lsa.open(await lsa.fit(texts.slice(0, lsa.maxSample), UNENDING), UNENDING);
    const queries = collection.queries.map(({ text }) => text);
    const entries = async (all: readonly string[], purpose: "query" | "document"): Promise<Entry[]> => {
      const vectors = await embedAll(space, all, purpose, UNENDING);
      return all.flatMap((text, index) => (isEmpty(vectors[index]!) ? [] : [{ text, vector: vectors[index]! }]));
    };
    const head = { name: basename(path), dimensions: space.dimensions, passagesPerDocument: 1 };
    return DataSet.write(directory, head, await entries(texts, "document"), await entries(queries, "query"));
  } finally {
    await lsa.close();
  }
}

/** A text without any known term is near to nothing. */
function isEmpty(vector: Float32Array): boolean {
  return vector.every((number) => number === 0);
}
