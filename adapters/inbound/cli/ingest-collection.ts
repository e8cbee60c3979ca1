import type { FieldMapping } from "../../../domain/field-mapping.ts";
import type { CollectionOnDisk, CommandRuntime, CommandServices } from "./runtime.ts";

/** A collection's layout is its own, whatever the config says of other files. */
const BEIR_FIELDS: FieldMapping = { id: "_id", title: "title", text: ["text"] };

/** Reads a collection's documents into a corpus and waits for its index; told the share of both that is done. */
export async function ingestCollection(
  { signal }: CommandRuntime,
  { documents }: CommandServices,
  { corpusPath }: CollectionOnDisk,
  corpus: string,
  report: (share: number, stage: string) => void,
): Promise<void> {
  await documents.ingest({ corpus, paths: [corpusPath], fields: BEIR_FIELDS }, signal, ({ share, stage }) => {
    if (stage === "store") report(share / 2, "reading");
    else report((1 + share) / 2, "indexing");
  });
}
