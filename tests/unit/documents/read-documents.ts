import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DocumentReader, type DocumentReaderOptions } from "../../../adapters/outbound/documents/document-reader.ts";
import type { Origin, SourceDocument } from "../../../domain/document.ts";
import type { FieldMapping } from "../../../domain/field-mapping.ts";
import type { ReadFailure } from "../../../domain/ports/document-reader-port.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const never = new AbortController().signal;

/** What a reader makes of the paths, documents and failures each in their order; the documents' origins stand apart. */
export async function readDocuments(
  paths: readonly string[],
  options: DocumentReaderOptions = {},
  fields: FieldMapping = {},
): Promise<{
  documents: SourceDocument[];
  origins: (Origin | undefined)[];
  failures: ReadFailure[];
  unread: Origin[];
  bytes: number;
}> {
  const documents: SourceDocument[] = [];
  const origins: (Origin | undefined)[] = [];
  const unread: Origin[] = [];
  const failures: ReadFailure[] = [];
  let bytes = 0;
  const onBytes = (part: number) => {
    bytes += part;
  };
  for await (const result of new DocumentReader(options).read(paths, never, onBytes, fields)) {
    if (result.document === undefined) {
      failures.push(result.failure);
      unread.push(result.origin);
    } else {
      const { origin, ...document } = result.document;
      documents.push(document);
      origins.push(origin);
    }
  }
  return { documents, origins, failures, unread, bytes };
}

/** The one document of a file. */
export async function readDocument(path: string): Promise<SourceDocument> {
  const { documents, failures } = await readDocuments([path]);
  const [document] = documents;
  if (document === undefined || documents.length > 1)
    throw new Error(`one document expected: ${JSON.stringify(failures)}`);
  return document;
}

/** A file of this name and content, in a folder of the test's own. */
export async function writtenFile(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, content);
  return path;
}

/** The stretches of a document by its sections. */
export function sectionTexts({
  text,
  sections = [],
}: SourceDocument): { path: readonly string[]; page?: number; text: string }[] {
  return sections.map(({ start, end, path, page }) => ({
    path,
    text: text.slice(start, end),
    ...(page === undefined ? {} : { page }),
  }));
}
