import { CachedEmbedding } from "../../infrastructure/embedding-cache/cached-embedding.ts";
import { EmbeddingStore } from "../../infrastructure/embedding-cache/embedding-store.ts";
import { FakeEmbedding } from "./fakes/fake-embedding.ts";

/** Embeds 20 batches of 100 texts over the cache in this file, and prints how many vectors came, and the warnings. */
const [file = ""] = process.argv.slice(2);
const warnings: unknown[] = [];
const log = { info() {}, warn: (fields: unknown) => warnings.push(fields), error() {} };
const store = new EmbeddingStore({ file, maxBytes: 1_000_000_000 }, log);
const port = new CachedEmbedding(new FakeEmbedding({ dimensions: 1_024, maxBatch: 100 }), store);
let vectors = 0;
for (let batch = 0; batch < 20; batch++) {
  const texts = Array.from({ length: 100 }, (_, index) => `text ${batch} ${index}`);
  vectors += (await port.embed({ texts, purpose: "document" }, new AbortController().signal)).length;
}
await store.close();
console.log(JSON.stringify({ vectors, warnings }));
