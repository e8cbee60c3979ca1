import type { SourceDocument } from "../../../../domain/document.ts";
import type { PutOutcome } from "../../../../domain/ports/corpus-port.ts";
import type { PassageText } from "./analysis.ts";
import { chunkKey, storedChunkKey } from "./chunk-key.ts";
import type { Database } from "./database.ts";
import type { DocumentComparison, Fingerprint, TextsToEmbed, WireChunk, WireDocument } from "./protocol.ts";
import type { PassageBody } from "./stored-documents.ts";
import { bytesOf } from "./vector-bytes.ts";
import type { Written } from "./written.ts";

/** Documents that one statement removes. */
const REMOVED_AT_ONCE = 1_000;

/** A document whose chunks have been analysed, in their order. */
export interface AnalysedDocument {
  readonly wire: WireDocument;
  readonly terms: readonly Uint8Array[];
}

/** A chunk of a new or changed document had no vector although its space is known: the comparison is out of date. */
export class MissingVector extends Error {}

/** Vectors that a put brings, for the space that is active. */
export interface VectorsForSpace {
  readonly space: number;
  /** The vector at this place; absent where the put brings none. */
  vectorAt?(place: number): Float32Array;
}

interface NewPassage {
  readonly document: number;
  readonly position: number;
  readonly chunk: WireChunk;
  readonly body: string;
  readonly terms: Uint8Array;
}

interface PassageRow {
  readonly number: number;
  readonly id: string;
  readonly search_hash: string;
  readonly language: string | null;
}

/** What is written of documents and passages, and what tells how; writes belong into a transaction. */
export class DocumentStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** What a put of these documents would do, and which of their vectors are there in the space, where there is one. */
  compare(fingerprints: readonly Fingerprint[], space: number | undefined): DocumentComparison[] {
    return fingerprints.map(({ id, hash }) => {
      const row = this.documentRow(id);
      if (row === undefined) return { outcome: "added", embedded: [] };
      if (row.hash === hash) return { outcome: "unchanged", embedded: [] };
      return { outcome: "replaced", embedded: space === undefined ? [] : this.embeddedChunks(row.number, space) };
    });
  }

  /** Adds the document or replaces it, and notes what it writes; passages whose chunk stays alike keep their number and their vectors. */
  put(
    { wire, terms }: AnalysedDocument,
    vectors: VectorsForSpace | undefined,
    generation: number,
    written: Written,
  ): PutOutcome {
    const row = this.documentRow(wire.id);
    if (row?.hash === wire.hash) return "unchanged";
    const number = this.writeDocument(wire, row?.number, generation);
    const { metadata = {}, readers } = wire;
    written.documents.push({ number, metadata, ...(readers === undefined ? {} : { readers }) });
    const old = new Map(
      (row === undefined ? [] : this.passageRows(number)).map((passage) => [keyOf(passage), passage]),
    );
    for (const [position, chunk] of wire.chunks.entries()) {
      const body = JSON.stringify(bodyOf(wire, chunk));
      const key = chunkKey(chunk, chunk.language);
      const kept = old.get(key);
      old.delete(key);
      if (kept !== undefined) {
        this.database.run("UPDATE passages SET position = ?, body = ? WHERE number = ?", position, body, kept.number);
      } else {
        const passage = { document: number, position, chunk, body, terms: terms[position] ?? new Uint8Array() };
        this.insertPassage(passage, vectors, written);
      }
    }
    for (const passage of old.values()) {
      this.removePassage(passage.number, generation);
      written.removed.push(passage.number);
    }
    return row === undefined ? "added" : "replaced";
  }

  /** Removes the documents with these numbers. */
  remove(numbers: readonly number[], generation: number): void {
    for (let start = 0; start < numbers.length; start += REMOVED_AT_ONCE) {
      const documents = JSON.stringify(numbers.slice(start, start + REMOVED_AT_ONCE));
      const passages = "SELECT number FROM passages WHERE document IN (SELECT value FROM json_each(?))";
      this.database.run(
        `INSERT INTO removals (passage, generation) SELECT number, ? FROM (${passages})`,
        generation,
        documents,
      );
      this.database.run(
        `DELETE FROM vectors WHERE space IN (SELECT number FROM spaces) AND passage IN (${passages})`,
        documents,
      );
      this.database.run("DELETE FROM passages WHERE document IN (SELECT value FROM json_each(?))", documents);
      this.database.run("DELETE FROM documents WHERE number IN (SELECT value FROM json_each(?))", documents);
    }
  }

  /** Numbers of the documents with these ids that there are; of those alone that were read from the root, where one is named. */
  numbersOf(ids: readonly string[], root: string | undefined): readonly number[] {
    const wanted = root === undefined ? undefined : JSON.stringify(root);
    return ids.flatMap((id) => {
      const row = this.documentRow(id);
      return row === undefined || (wanted !== undefined && row.root !== wanted) ? [] : [row.number];
    });
  }

  /** Passages with numbers above `after` that have no vector in the space, in the order of the numbers. */
  withoutVector(space: number, after: number, limit: number): TextsToEmbed {
    const rows = this.database.all<{ number: number; body: string }>(
      `SELECT number, body FROM passages p
       WHERE number > ? AND NOT EXISTS (SELECT 1 FROM vectors v WHERE v.space = ? AND v.passage = p.number)
       ORDER BY number LIMIT ?`,
      after,
      space,
      limit,
    );
    return { passages: rows.map(({ number }) => number), texts: rows.map(({ body }) => searchTextOf(body)) };
  }

  /** Search texts of those passages that are there, in the order of the numbers given. */
  searchTexts(passages: readonly number[]): readonly string[] {
    return passages.flatMap((number) => {
      const row = this.database.get<{ body: string }>("SELECT body FROM passages WHERE number = ?", number);
      return row === undefined ? [] : [searchTextOf(row.body)];
    });
  }

  /** Replaces the terms of all passages. */
  analyseAgain(analyse: (passage: PassageText) => Uint8Array): void {
    for (const { number } of this.database.all<{ number: number }>("SELECT number FROM passages")) {
      const row = this.database.get<{ body: string; head: string }>(
        "SELECT p.body, d.head FROM passages p JOIN documents d ON d.number = p.document WHERE p.number = ?",
        number,
      );
      if (row === undefined) continue;
      const { title = "" }: Pick<SourceDocument, "title"> = JSON.parse(row.head);
      const { search, text, language }: PassageBody = JSON.parse(row.body);
      this.database.run(
        "UPDATE passages SET terms = ? WHERE number = ?",
        analyse({ title, searchText: joinSearchText(search, text), language }),
        number,
      );
    }
  }

  private documentRow(
    id: string,
  ): { readonly number: number; readonly hash: string; readonly root: string | null } | undefined {
    return this.database.get("SELECT number, hash, root FROM documents WHERE id = ?", JSON.stringify(id));
  }

  private passageRows(document: number): PassageRow[] {
    return this.database.all(
      "SELECT number, id, search_hash, body ->> 'language' AS language FROM passages WHERE document = ?",
      document,
    );
  }

  private embeddedChunks(document: number, space: number): string[] {
    const rows = this.database.all<PassageRow>(
      `SELECT p.number, p.id, p.search_hash, p.body ->> 'language' AS language FROM passages p JOIN vectors v ON v.passage = p.number AND v.space = ?
       WHERE p.document = ?`,
      space,
      document,
    );
    return rows.map(keyOf);
  }

  private writeDocument(wire: WireDocument, number: number | undefined, generation: number): number {
    const { id, title, uri } = wire;
    const head = JSON.stringify({ id, title, uri });
    const metadata = wire.metadata === undefined ? null : JSON.stringify(wire.metadata);
    const readers = wire.readers === undefined ? null : JSON.stringify(wire.readers);
    const [root, file] =
      wire.origin === undefined ? [null, null] : [JSON.stringify(wire.origin.root), JSON.stringify(wire.origin.file)];
    const values = [wire.hash, generation, head, metadata, readers, JSON.stringify(wire.text), root, file];
    if (number === undefined) {
      return this.database.run(
        "INSERT INTO documents (hash, generation, head, metadata, readers, text, root, file, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ...values,
        JSON.stringify(id),
      ).inserted;
    }
    this.database.run(
      "UPDATE documents SET hash = ?, generation = ?, head = ?, metadata = ?, readers = ?, text = ?, root = ?, file = ? WHERE number = ?",
      ...values,
      number,
    );
    return number;
  }

  private insertPassage(
    { document, position, chunk, body, terms }: NewPassage,
    vectors: VectorsForSpace | undefined,
    written: Written,
  ): void {
    const { inserted: passage } = this.database.run(
      "INSERT INTO passages (document, position, id, search_hash, terms, body) VALUES (?, ?, ?, ?, ?, ?)",
      document,
      position,
      JSON.stringify(chunk.id),
      chunk.searchHash,
      terms,
      body,
    );
    written.passages.push({ number: passage, document, terms });
    if (vectors === undefined) return;
    const { space } = vectors;
    const vector = chunk.vector === undefined ? undefined : vectors.vectorAt?.(chunk.vector);
    if (vector === undefined) throw new MissingVector();
    const { inserted: number } = this.database.run(
      "INSERT INTO vectors (space, passage, vector) VALUES (?, ?, ?)",
      space,
      passage,
      bytesOf(vector),
    );
    written.vectors.push({ space, number, passage, vector });
  }

  private removePassage(number: number, generation: number): void {
    this.database.run("DELETE FROM passages WHERE number = ?", number);
    this.database.run("DELETE FROM vectors WHERE passage = ? AND space IN (SELECT number FROM spaces)", number);
    this.database.run("INSERT INTO removals (passage, generation) VALUES (?, ?)", number, generation);
  }
}

function bodyOf(wire: WireDocument, chunk: WireChunk): PassageBody {
  const { id, start, end, section, page, language, tokens, search } = chunk;
  const place = { ...(page === undefined ? {} : { page }), ...(language === undefined ? {} : { language }) };
  return { id, start, end, section, ...place, tokens, search, text: wire.text.slice(start, end) };
}

function searchTextOf(body: string): string {
  const { text, search }: PassageBody = JSON.parse(body);
  return joinSearchText(search, text);
}

/** What is embedded and searched for a chunk with this text. */
export function joinSearchText(search: WireChunk["search"], text: string): string {
  return "whole" in search ? search.whole : search.lead + text;
}

function keyOf({ id, search_hash, language }: PassageRow): string {
  return storedChunkKey(id, search_hash, language ?? undefined);
}
