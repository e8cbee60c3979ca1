import type { SourceDocument } from "../domain/document.ts";
import { analyze } from "../domain/text/analyzer.ts";
import type { TestCollection } from "./evaluate-retrieval.ts";
import { shuffled } from "./seeded-random.ts";
import { plainName, unnamed } from "./unnamed-document.ts";

/** Queries that are made at most. */
export const GENERATED_QUERIES = 500;

/** Queries that one document gives at most, so that a long one does not outvote the others. */
const QUERIES_PER_DOCUMENT = 3;
const MAX_QUERY_LENGTH = 200;
/** A term that stands in more of the documents than this tells them apart badly; in few documents a handful is allowed. */
const SELECTIVE_SHARE = 0.1;
const SELECTIVE_DOCUMENTS = 5;
const MIN_SELECTIVE_TERMS = 2;
const SEED = 1;

/** A collection whose queries are the titles and headings of its documents, which have lost them. */
export interface GeneratedCollection extends TestCollection {
  /** Those that have text besides; in the given order. */
  readonly documents: readonly SourceDocument[];
}

/**
 * Makes a judged collection out of documents with sections: each title or heading is a query that its own document answers,
 * and stands in no document any more. Left out are names that more than one document has, that have more than 200
 * characters, or that have fewer than two terms, with a letter and two characters at least, that stand in few documents ("Introduction",
 * "简介"). At most three queries a document and 500 in all, by a fixed seed.
 */
export function generateQueries(documents: readonly SourceDocument[]): GeneratedCollection {
  const bodies = new Map(
    documents.flatMap((document) => {
      const body = unnamed(document);
      return body === undefined ? [] : [[document.id, body] as const];
    }),
  );
  const owners = countNames(documents);
  const isSelective = selectivity([...bodies.values()]);
  const all = documents
    .filter(({ id }) => bodies.has(id))
    .flatMap((document) => {
      const names = namesOf(document).filter((name) => owners.get(plainName(name)) === 1 && isSelective(name));
      return shuffled(names, SEED)
        .slice(0, QUERIES_PER_DOCUMENT)
        .map((text) => ({ text, document: document.id }));
    });
  const queries = shuffled(all, SEED)
    .slice(0, GENERATED_QUERIES)
    .map((query, index) => ({ id: `${index + 1}`, ...query }));
  return {
    documents: [...bodies.values()],
    queries: queries.map(({ id, text }) => ({ id, text })),
    judgements: new Map(queries.map(({ id, document }) => [id, new Map([[document, 1]])])),
  };
}

/** Title and headings, alike ones once. */
function namesOf({ title = "", sections = [] }: SourceDocument): readonly string[] {
  const names = [title, ...sections.flatMap(({ path }) => path)].filter((name) => plainName(name) !== "");
  return [...new Map(names.map((name) => [plainName(name), name])).values()];
}

/** How many documents have each name. */
function countNames(documents: readonly SourceDocument[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const document of documents) {
    for (const name of namesOf(document).map(plainName)) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

function selectivity(documents: readonly SourceDocument[]): (name: string) => boolean {
  const frequencies = new Map<string, number>();
  for (const { text } of documents) {
    for (const term of new Set(analyze(text))) frequencies.set(term, (frequencies.get(term) ?? 0) + 1);
  }
  const most = Math.max(SELECTIVE_DOCUMENTS, documents.length * SELECTIVE_SHARE);
  return (name) => {
    if (name.length > MAX_QUERY_LENGTH) return false;
    const terms = [...new Set(analyze(name))].filter((term) => /\p{L}/u.test(term) && [...term].length > 1);
    return terms.filter((term) => (frequencies.get(term) ?? 0) <= most).length >= MIN_SELECTIVE_TERMS;
  };
}
