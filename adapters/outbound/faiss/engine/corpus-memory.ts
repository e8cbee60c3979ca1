import { ServiceError } from "../../../../domain/errors.ts";
import type { Ranking } from "../../../../domain/ranking.ts";
import type { RelevanceFloor } from "../../../../domain/relevance.ts";
import { Catalog } from "./catalog.ts";
import type { Database } from "./database.ts";
import type { IndexFiles } from "./index-files.ts";
import { LexicalIndex } from "./lexical-index.ts";
import { type Growth, Newcomers } from "./newcomers.ts";
import { TermsDecoder } from "./passage-terms.ts";
import type { Space } from "./protocol.ts";
import { SpaceIndex } from "./space-index.ts";
import type { SpaceStore } from "./space-store.ts";
import { readersFrom } from "./stored-documents.ts";
import type { VectorIndex } from "./vector-index.ts";
import type { Committed } from "./written.ts";

interface CorpusRow {
  readonly generation: number;
  readonly revision: number;
  readonly forgotten: number;
  readonly ranking: string | null;
  readonly floor: string | null;
}

/** Vectors up to which a space's index is filled at once, before the next search. */
const FILL_AT_ONCE = 4_096;

/** What searching needs of the corpus, in memory, kept up with what this and other processes commit to the record. */
export class CorpusMemory {
  readonly catalog = new Catalog();
  readonly lexical = new LexicalIndex();
  readonly growth: Growth = {
    countAbove: (passage) => this.catalog.countAbove(passage),
    newcomers: new Newcomers(),
  };
  /** The space that is searched; undefined where nothing has a vector. */
  serving: SpaceIndex | undefined;
  /** The record's active space while its index is being filled. */
  coming: SpaceIndex | undefined;
  /** Why the vectors cannot be searched with the embedder that is configured. */
  mismatch: ServiceError | undefined;
  /** The ranking that was chosen for the corpus; undefined where none was. */
  tuned: Ranking | undefined;
  /** The relevance below which the corpus is taken to hold no answer; undefined where none was measured. */
  floor: RelevanceFloor | undefined;
  /** Revision of the record that this is as new as. */
  revision = -1;
  private readonly database: Database;
  private readonly spaces: SpaceStore;
  private readonly files: IndexFiles;
  private readonly flatBelow: number;
  private generation = -1;
  private lastPassage = 0;
  private lastVector = 0;
  private readonly decoder = new TermsDecoder();

  constructor(database: Database, spaces: SpaceStore, files: IndexFiles, flatBelow: number) {
    this.database = database;
    this.spaces = spaces;
    this.files = files;
    this.flatBelow = flatBelow;
  }

  /** Takes in what was committed since the last time; whether there was anything. Belongs into a `Database.read`. */
  catchUp(): boolean {
    const row = this.database.get<CorpusRow>("SELECT generation, revision, forgotten, ranking, floor FROM corpus");
    if (row === undefined || row.revision === this.revision) return false;
    const isFirst = this.revision === -1;
    const removed = this.removedSince(row.forgotten);
    this.addDocuments();
    this.addPassages();
    this.addVectors();
    for (const passage of removed) this.removePassage(passage);
    this.generation = row.generation;
    this.tuned = row.ranking === null ? undefined : JSON.parse(row.ranking);
    this.floor = row.floor === null ? undefined : JSON.parse(row.floor);
    this.revision = row.revision;
    this.chooseSpace(isFirst);
    return true;
  }

  /**
   * Takes in what this process has just committed, as `catchUp` would; false where that must read the record, since others
   * have committed something too or a space begins.
   */
  takeIn({ documents, passages, vectors, removed, generation, revision }: Committed): boolean {
    const [first] = vectors;
    const index = this.indexOf(first?.space);
    if (revision !== this.revision + 1 || (first !== undefined && index === undefined)) return false;
    for (const { number, metadata, readers } of documents) this.catalog.setDocument(number, metadata, readers);
    for (const { number, document, terms } of passages) this.addPassage(number, document, terms);
    index?.add(
      vectors.map(({ passage }) => this.catalog.slotOf(passage) ?? 0),
      vectors.map(({ vector }) => vector),
    );
    this.lastVector = vectors.at(-1)?.number ?? this.lastVector;
    for (const passage of removed) this.removePassage(passage);
    this.generation = generation;
    this.revision = revision;
    return true;
  }

  /** Fills a slice of the coming space; once it is full it is the one that is searched. */
  fill(): void {
    if (this.coming === undefined) return;
    this.coming.fill();
    if (this.coming.unfilledCount > 0) return;
    this.serving = this.coming;
    this.coming = undefined;
  }

  private addDocuments(): void {
    const sql = "SELECT number, metadata, readers FROM documents WHERE generation > ?";
    type Row = { number: number; metadata: string | null; readers: string | null };
    for (const { number, metadata, readers } of this.database.iterate<Row>(sql, this.generation)) {
      this.catalog.setDocument(number, metadata === null ? {} : JSON.parse(metadata), readersFrom(readers));
    }
  }

  private addPassages(): void {
    this.growth.newcomers.follow(this.spaces.fittedThrough());
    const sql = "SELECT number, document, terms FROM passages WHERE number > ? ORDER BY number";
    type Row = { number: number; document: number; terms: Uint8Array };
    for (const { number, document, terms } of this.database.iterate<Row>(sql, this.lastPassage)) {
      this.addPassage(number, document, terms);
    }
  }

  private addPassage(number: number, document: number, terms: Uint8Array): void {
    const decoded = this.decoder.decode(terms);
    this.lexical.add(this.catalog.addPassage(number, document), decoded);
    this.growth.newcomers.add(number, (through) =>
      this.lexical.familiarity(decoded, (slot) => this.catalog.passageAt(slot) <= through),
    );
    this.lastPassage = number;
  }

  private indexOf(space: number | undefined): VectorIndex | undefined {
    return [this.serving, this.coming].find((one) => one?.space.number === space)?.index;
  }

  /** Vectors that joined a space whose index is in memory already. */
  private addVectors(): void {
    for (const { space, index } of [this.serving, this.coming].filter((one) => one !== undefined)) {
      const slots: number[] = [];
      const vectors: Float32Array[] = [];
      for (const { passage, vector } of this.spaces.vectorsAbove(space.number, this.lastVector)) {
        const slot = this.catalog.slotOf(passage);
        if (slot === undefined) continue;
        slots.push(slot);
        vectors.push(vector);
      }
      index.add(slots, vectors);
    }
    this.lastVector = Math.max(this.lastVector, this.spaces.lastVector());
  }

  private removedSince(forgotten: number): readonly number[] {
    if (this.generation >= forgotten) {
      const sql = "SELECT passage FROM removals WHERE generation > ?";
      return this.database.all<{ passage: number }>(sql, this.generation).map(({ passage }) => passage);
    }
    const there = new Set(
      this.database.all<{ number: number }>("SELECT number FROM passages").map(({ number }) => number),
    );
    return [...this.catalog.live].map((slot) => this.catalog.passageAt(slot)).filter((passage) => !there.has(passage));
  }

  private removePassage(passage: number): void {
    const slot = this.catalog.removePassage(passage);
    if (slot === undefined) return;
    this.lexical.remove(slot);
    this.serving?.index.remove(slot);
    this.coming?.index.remove(slot);
  }

  private chooseSpace(isFirst: boolean): void {
    const space = this.activeSpace();
    if (space === undefined || space.number === this.serving?.space.number) {
      this.coming = undefined;
      if (space === undefined) this.serving = undefined;
      return;
    }
    if (space.number === this.coming?.space.number) return;
    this.coming = this.open(space);
    const atOnce = isFirst || space.kind === "fixed" || this.coming.unfilledCount <= FILL_AT_ONCE;
    if (this.serving === undefined && atOnce) while (this.coming !== undefined) this.fill();
  }

  private activeSpace(): Space | undefined {
    this.mismatch = undefined;
    try {
      return this.spaces.active();
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      this.mismatch = error;
      return undefined;
    }
  }

  private open(space: Space): SpaceIndex {
    const slotOf = (passage: number) => this.catalog.slotOf(passage);
    return new SpaceIndex({
      space,
      flatBelow: this.flatBelow,
      source: {
        vectorsOf: (slots) =>
          this.spaces.vectorsOf(
            space.number,
            slots.map((slot) => this.catalog.passageAt(slot)),
          ),
      },
      faiss: this.files.load(space, slotOf),
      slots: this.spaces.embedded(space.number).flatMap((passage) => slotOf(passage) ?? []),
    });
  }
}
