import type { Metadata, Origin, Readers, Section, SourceDocument } from "../../../../domain/document.ts";
import type { Passage } from "../../../../domain/passage.ts";
import type { CorpusPage } from "../../../../domain/ports/corpus-port.ts";
import type { Database } from "./database.ts";
import type { ReadPart, WireChunk } from "./protocol.ts";

/** Documents that a part of a root's list holds. */
const READ_DOCUMENTS = 1_000;
/** Text that one page of a list holds about. */
const LISTED_CHARACTERS = 2_000_000;

interface DocumentRow {
  readonly head: string;
  readonly metadata: string | null;
  readonly readers: string | null;
  readonly text: string;
  readonly root: string | null;
  readonly file: string | null;
}

/** What the record keeps of a passage. */
export interface PassageBody extends Omit<WireChunk, "searchHash" | "vector"> {
  readonly text: string;
}

/** Documents and passages as callers see them, read out of the record. */
export class StoredDocuments {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** Documents that were read from the root, in the order of their numbers, from the one behind `after` on. */
  listRead(root: string, after: number): ReadPart {
    const rows = this.database.all<{ number: number; id: string; file: string }>(
      "SELECT number, id, file FROM documents WHERE root = ? AND number > ? ORDER BY number LIMIT ?",
      JSON.stringify(root),
      after,
      READ_DOCUMENTS,
    );
    const documents = rows.map(({ id, file }) => ({ id: JSON.parse(id), file: JSON.parse(file) }));
    return { documents, last: rows.at(-1)?.number ?? after };
  }

  /** The document as it was put, without its sections. */
  get(id: string): SourceDocument | undefined {
    const row = this.database.get<DocumentRow>(
      "SELECT head, metadata, readers, text, root, file FROM documents WHERE id = ?",
      JSON.stringify(id),
    );
    return row === undefined ? undefined : documentOf(row);
  }

  /** Documents behind an id, in the order of the ids' JSON, with their passages' stretches as sections; no more than fit together. */
  list({ after, limit }: CorpusPage): SourceDocument[] {
    const documents: SourceDocument[] = [];
    let last = after === undefined ? "" : JSON.stringify(after);
    for (let characters = 0; documents.length < limit && characters < LISTED_CHARACTERS; ) {
      const row = this.database.get<DocumentRow & { number: number; id: string }>(
        "SELECT number, id, head, metadata, readers, text, root, file FROM documents WHERE id > ? ORDER BY id LIMIT 1",
        last,
      );
      if (row === undefined) break;
      const document = documentOf(row);
      documents.push({ ...document, sections: this.sectionsOf(row.number) });
      characters += document.text.length;
      last = row.id;
    }
    return documents;
  }

  private sectionsOf(document: number): Section[] {
    const rows = this.database.all<{ body: string }>(
      "SELECT body FROM passages WHERE document = ? ORDER BY position",
      document,
    );
    return rows.map(({ body }) => {
      const { start, end, section, page }: PassageBody = JSON.parse(body);
      return { start, end, path: section, ...(page === undefined ? {} : { page }) };
    });
  }

  /** Who may read the document with this number; undefined where everybody may, or where there is none. */
  readersOf(number: number): Readers | undefined {
    const row = this.database.get<{ readers: string | null }>("SELECT readers FROM documents WHERE number = ?", number);
    return readersFrom(row?.readers ?? null);
  }

  /** The passage with this number, without a score. */
  passage(number: number): Omit<Passage, "score"> | undefined {
    const row = this.database.get<{ body: string; head: string; metadata: string | null }>(
      "SELECT p.body, d.head, d.metadata FROM passages p JOIN documents d ON d.number = p.document WHERE p.number = ?",
      number,
    );
    if (row === undefined) return undefined;
    const { id, text, start, end, section, page, language, tokens }: PassageBody = JSON.parse(row.body);
    const { id: documentId, ...source }: Pick<SourceDocument, "id" | "title" | "uri"> = JSON.parse(row.head);
    return {
      id,
      documentId,
      text,
      ...source,
      location: { start, end, section, ...(page === undefined ? {} : { page }) },
      ...(language === undefined ? {} : { language }),
      ...metadataOf(row.metadata),
      tokens,
    };
  }
}

function documentOf({ head, metadata, readers: stored, text, root, file }: DocumentRow): SourceDocument {
  const readers = readersFrom(stored);
  return {
    ...JSON.parse(head),
    text: JSON.parse(text),
    ...metadataOf(metadata),
    ...(readers === undefined ? {} : { readers }),
    ...originOf({ root, file }),
  };
}

function originOf({ root, file }: Pick<DocumentRow, "root" | "file">): { readonly origin?: Origin } {
  return root === null || file === null ? {} : { origin: { root: JSON.parse(root), file: JSON.parse(file) } };
}

function metadataOf(json: string | null): { readonly metadata?: Metadata } {
  return json === null ? {} : { metadata: JSON.parse(json) };
}

/** The record's column as readers; undefined where everybody may read. */
export function readersFrom(json: string | null): Readers | undefined {
  return json === null ? undefined : JSON.parse(json);
}
