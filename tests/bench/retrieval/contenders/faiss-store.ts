import { loadPeer } from "../../peers.ts";
import type { Contender, Query, Setting } from "../contender.ts";

interface LangChainDocument {
  readonly pageContent: string;
  readonly metadata: { readonly number: number };
}

interface Embeddings {
  embedDocuments(texts: readonly string[]): Promise<readonly number[][]>;
  embedQuery(text: string): Promise<number[]>;
}

interface FaissStore {
  addDocuments(documents: readonly LangChainDocument[]): Promise<unknown>;
  similaritySearchWithScore(query: string, k: number): Promise<readonly [LangChainDocument, number][]>;
  save(directory: string): Promise<void>;
}

interface FaissStoreModule {
  readonly FaissStore: new (embeddings: Embeddings, settings: object) => FaissStore;
}

/** LangChain.js over the same FAISS: a flat index, and the documents in memory. `save` writes all of it anew. */
export async function openFaissStore({ directory, queries }: Setting): Promise<Contender> {
  const { FaissStore } = await loadPeer<FaissStoreModule>("@langchain/community/vectorstores/faiss");
  const queryByText = new Map<string, Query>(queries.map((query) => [query.text, query]));
  let lists: readonly number[][] = [];
  const store = new FaissStore(
    { embedDocuments: async () => lists, embedQuery: async (text) => queryByText.get(text)?.list ?? [] },
    {},
  );
  return {
    isDurable: false,
    takesLists: true,
    add: async (batch) => {
      lists = batch.lists;
      const documents = batch.texts.map((pageContent, index) => ({
        pageContent,
        metadata: { number: batch.first + index },
      }));
      await store.addDocuments(documents);
    },
    save: () => store.save(directory),
    search: async ({ text }, topK) => {
      const found = await store.similaritySearchWithScore(text, topK);
      return found.map(([{ metadata }]) => metadata.number);
    },
  };
}
