import type { CollectionOnDisk, CommandRuntime, CommandServices } from "./runtime.ts";

/** Reads a collection's documents into a corpus and waits for its index; told the share of both that is done. */
export async function ingestCollection(
  { signal }: CommandRuntime,
  { documents }: CommandServices,
  { corpusPath }: CollectionOnDisk,
  corpus: string,
  report: (share: number, stage: string) => void,
): Promise<void> {
  await documents.ingest({ corpus, paths: [corpusPath] }, signal, ({ share, stage }) => {
    if (stage === "store") report(share / 2, "reading");
    else report((1 + share) / 2, "indexing");
  });
}
