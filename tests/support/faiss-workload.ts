import type { SourceDocument } from "../../domain/document.ts";
import { FakeEmbedding } from "./fakes/fake-embedding.ts";
import { randomNumbers } from "./vectors.ts";

/** One change of the corpus: documents that are put, or ids that are removed. */
export type Change = { readonly put: readonly SourceDocument[] } | { readonly remove: readonly string[] };

const IDS = 24;

/** Options under which the workload goes back and forth over the threshold of HNSW. */
export const WORKLOAD_OPTIONS = { flat_below: 40 } as const;

/** Embeds the workload's texts so finely that each is nearest to itself. */
export function workloadEmbedder(): FakeEmbedding {
  return new FakeEmbedding({ dimensions: 1_024 });
}

/** Changes without end, the same for the same seed: batches of documents whose texts say which change has written them. */
export function* changes(seed: number): Generator<Change> {
  const random = randomNumbers(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  for (let number = 0; ; number++) {
    const ids = [...new Set(Array.from({ length: 1 + below(6) }, () => `document${below(IDS)}`))];
    if (random() < 0.25) yield { remove: ids };
    else yield { put: ids.map((id) => documentOf(id, `seed${seed}change${number}`, 1 + below(4))) };
  }
}

function documentOf(id: string, version: string, paragraphs: number): SourceDocument {
  const text = Array.from(
    { length: paragraphs },
    (_, index) => `Paragraph ${index} of ${id} as ${version} wrote it: ${id}x${version}x${index}.`,
  );
  return { id, title: id, text: text.join("\n\n"), metadata: { version } };
}

/** What the corpus holds after the change. */
export function apply(documents: Map<string, SourceDocument>, change: Change): void {
  if ("remove" in change) for (const id of change.remove) documents.delete(id);
  else for (const document of change.put) documents.set(document.id, document);
}
