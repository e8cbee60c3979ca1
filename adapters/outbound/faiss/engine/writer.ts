import { ServiceError } from "../../../../domain/errors.ts";
import type { PutReport } from "../../../../domain/ports/corpus-port.ts";
import type { Ranking } from "../../../../domain/ranking.ts";
import type { RelevanceFloor } from "../../../../domain/relevance.ts";
import { ANALYZER_VERSION } from "../../../../domain/text/analyzer.ts";
import { analysePassage, type PassageText } from "./analysis.ts";
import type { AnalysisThread } from "./analysis-thread.ts";
import type { Database } from "./database.ts";
import {
  type AnalysedDocument,
  type DocumentStore,
  joinSearchText,
  MissingVector,
  type VectorsForSpace,
} from "./document-store.ts";
import type { Comparison, Fingerprint, PackedVectors, PutReply, PutRequest, WireDocument } from "./protocol.ts";
import type { SpaceStore } from "./space-store.ts";
import { type Committed, nothingWritten, type Written } from "./written.ts";

/** Told of each put in the turn of the event loop in which it is committed. */
export type OnCommitted = (committed: Committed) => void;

/** Generations for which removals and receipts are remembered. */
const REMEMBERED_GENERATIONS = 10_000;

export interface WriterParts {
  readonly database: Database;
  readonly documents: DocumentStore;
  readonly spaces: SpaceStore;
  /** Name of the record's content. */
  readonly content: string;
  readonly analysis: AnalysisThread;
  readonly onCommitted: OnCommitted;
}

/** Changes documents, each change in one transaction. */
export class Writer {
  private readonly database: Database;
  private readonly documents: DocumentStore;
  private readonly spaces: SpaceStore;
  private readonly content: string;
  private readonly analysis: AnalysisThread;
  private readonly onCommitted: OnCommitted;

  constructor({ database, documents, spaces, content, analysis, onCommitted }: WriterParts) {
    this.database = database;
    this.documents = documents;
    this.spaces = spaces;
    this.content = content;
    this.analysis = analysis;
    this.onCommitted = onCommitted;
  }

  /** What a put of these documents must bring. */
  compare(fingerprints: readonly Fingerprint[]): Comparison {
    return this.database.read(() => {
      const space = this.spaces.active();
      const documents = this.documents.compare(fingerprints, space?.number);
      const { content, spaces } = this;
      if (space === undefined) return { content, wantsVectors: spaces.isFixed, documents };
      return { content, space, wantsVectors: true, documents };
    });
  }

  /** Puts all documents or none; `isCancelled` is asked a last time before anything is written. */
  async put({ token, content, documents, vectors }: PutRequest, isCancelled: () => boolean): Promise<PutReply> {
    if (content !== this.content) return { again: true };
    const terms = (await this.analysis.analyse(documents.flatMap(passagesOf))).values();
    const analysed: AnalysedDocument[] = documents.map((wire) => ({
      wire,
      terms: [...terms.take(wire.chunks.length)],
    }));
    try {
      const report = await this.change<PutReport>(token, isCancelled, (generation) => {
        const forSpace = this.vectorsForSpace(vectors);
        const counts = { added: 0, replaced: 0, unchanged: 0 };
        const written = nothingWritten();
        for (const document of analysed) counts[this.documents.put(document, forSpace, generation, written)] += 1;
        return { result: counts, changed: counts.added + counts.replaced > 0, written };
      });
      return { report };
    } catch (error) {
      if (error instanceof MissingVector) return { again: true };
      throw error;
    }
  }

  /** Removes the documents with the numbers that `select` gives, which is asked within the transaction; how many there were. */
  remove(token: string, select: () => readonly number[], isCancelled: () => boolean): Promise<number> {
    return this.change(token, isCancelled, (generation) => {
      const numbers = select();
      this.documents.remove(numbers, generation);
      return { result: numbers.length, changed: numbers.length > 0 };
    });
  }

  /** The ranking that the record says; undefined where it says none. */
  tuned(): Ranking | undefined {
    const row = this.database.get<{ ranking: string | null }>("SELECT ranking FROM corpus");
    return typeof row?.ranking === "string" ? JSON.parse(row.ranking) : undefined;
  }

  /** Has the record say this ranking, or none. */
  tune(ranking: Ranking | undefined, isCancelled: () => boolean): Promise<null> {
    return this.choose("ranking", ranking, isCancelled);
  }

  /** Has the record say this floor, or none. */
  calibrate(floor: RelevanceFloor | undefined, isCancelled: () => boolean): Promise<null> {
    return this.choose("floor", floor, isCancelled);
  }

  private choose(column: "ranking" | "floor", value: object | undefined, isCancelled: () => boolean): Promise<null> {
    return this.database.write(() => {
      if (isCancelled()) throw new ServiceError("cancelled", "The caller cancelled the request.");
      const json = value === undefined ? null : JSON.stringify(value);
      this.database.run(`UPDATE corpus SET ${column} = ?, revision = revision + 1`, json);
      return null;
    });
  }

  /** Analyses everything again where another version of the analyzer has written the terms. */
  async bringTermsUpToDate(): Promise<void> {
    const version = () =>
      this.database.get<{ version: number }>("SELECT analyzer_version AS version FROM corpus")?.version;
    if (version() === ANALYZER_VERSION) return;
    await this.database.write(() => {
      if (version() === ANALYZER_VERSION) return;
      this.documents.analyseAgain(analysePassage);
      this.database.run("UPDATE corpus SET analyzer_version = ?", ANALYZER_VERSION);
    });
  }

  /** Runs a change under the next generation; one whose token has a receipt was done before, so only its result is given again. */
  private change<Result>(
    token: string,
    isCancelled: () => boolean,
    body: (generation: number) => { readonly result: Result; readonly changed: boolean; readonly written?: Written },
  ): Promise<Result> {
    let committed: Committed | undefined;
    const transaction = () => {
      const receipt = this.database.get<{ report: string }>("SELECT report FROM receipts WHERE token = ?", token);
      if (receipt !== undefined) return JSON.parse(receipt.report);
      if (isCancelled()) throw new ServiceError("cancelled", "The caller cancelled the request.");
      const before = this.database.get<Pick<Committed, "generation" | "revision">>(
        "SELECT generation, revision FROM corpus",
      );
      const generation = 1 + (before?.generation ?? 0);
      const { result, changed, written } = body(generation);
      if (!changed) return result;
      this.database.run("UPDATE corpus SET generation = ?, revision = revision + 1", generation);
      const report = JSON.stringify(result);
      this.database.run("INSERT INTO receipts (token, generation, report) VALUES (?, ?, ?)", token, generation, report);
      this.forget(generation - REMEMBERED_GENERATIONS);
      if (written !== undefined) committed = { ...written, generation, revision: 1 + (before?.revision ?? 0) };
      return result;
    };
    return this.database.write(transaction, () => committed !== undefined && this.onCommitted(committed));
  }

  private forget(generation: number): void {
    if (generation <= 0) return;
    this.database.run("DELETE FROM removals WHERE generation <= ?", generation);
    this.database.run("DELETE FROM receipts WHERE generation <= ?", generation);
    this.database.run("UPDATE corpus SET forgotten = ?", generation);
  }

  /** The vectors where they are of the space that is active now. @throws MissingVector where they are of another one */
  private vectorsForSpace(vectors: PackedVectors | undefined): VectorsForSpace | undefined {
    const active = this.spaces.active();
    if (active === undefined && !this.spaces.isFixed) return undefined;
    if (vectors === undefined && active !== undefined) return { space: active.number };
    // A fixed embedder's vectors live in its first space, which another put may have begun since.
    const fits = vectors?.space === undefined ? this.spaces.isFixed : vectors.space === active?.id;
    if (vectors === undefined || !fits) throw new MissingVector();
    const { number: space, dimensions } = active ?? this.spaces.createFixed();
    const { packed } = vectors;
    return { space, vectorAt: (place) => packed.subarray(place * dimensions, (place + 1) * dimensions) };
  }
}

function passagesOf({ title = "", text, chunks }: WireDocument): PassageText[] {
  return chunks.map(({ search, start, end, language }) => ({
    title,
    searchText: joinSearchText(search, text.slice(start, end)),
    language,
  }));
}
