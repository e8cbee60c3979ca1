import { expect, it, onTestFinished } from "vitest";
import { inOneChunk } from "../support/chunked.ts";
import { openFaiss } from "../support/faiss.ts";
import { FakeEmbedding } from "../support/fakes/fake-embedding.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const { signal } = new AbortController();
const FRENCH = { id: "french", text: "La vérification des installations est faite par une entreprise de la région." };

it("A passage whose language alone has changed is found as one of its new language, and was not before", async () => {
  const { corpus, retrieval, close } = openFaiss({
    directory: await temporaryFolder(),
    embedder: new FakeEmbedding(),
    options: { mode: "sparse" },
  });
  onTestFinished(close);
  const put = (language: string) => {
    const { document, chunks } = inOneChunk(FRENCH);
    return corpus.put([{ document, chunks: chunks.map((chunk) => ({ ...chunk, language })) }], signal);
  };
  // Words of other languages are found by their beginnings, those of English are not.
  const found = async () => (await retrieval.retrieve({ query: "régionalité", topK: 5 }, signal)).passages;
  expect(await put("en")).toMatchObject({ added: 1 });
  expect(await found()).toEqual([]);
  expect(await put("fr")).toMatchObject({ replaced: 1 });
  expect(await found()).toMatchObject([{ documentId: "french", language: "fr" }]);
  expect(await put("en")).toMatchObject({ replaced: 1 });
  expect(await found()).toEqual([]);
});
