import type { Passage } from "../../domain/passage.ts";
import type { RetrievalRequest } from "../../domain/ports/retrieval-port.ts";
import { mayRead } from "../../domain/readers.ts";
import type { ContractDocument } from "../contract/retrieval-contract-documents.ts";

/** The documents that the principal may read as passages of their whole text, those that hold a word of the query; the more of it, the better. */
export function matchingPassages(
  documents: readonly ContractDocument[],
  { query, principal }: RetrievalRequest,
): readonly Passage[] {
  const words = query.split(" ");
  const readable = documents.filter(({ readers }) => mayRead(readers, principal));
  return readable.flatMap(({ id, text, title, uri, metadata }) => {
    const score = words.filter((word) => text.toLowerCase().includes(word)).length / words.length;
    if (score === 0) return [];
    const optional = {
      ...(title === undefined ? {} : { title }),
      ...(uri === undefined ? {} : { uri }),
      ...(metadata === undefined ? {} : { metadata }),
    };
    return [{ id: `${id}#1`, documentId: id, text, score, location: { start: 0, end: text.length }, ...optional }];
  });
}
