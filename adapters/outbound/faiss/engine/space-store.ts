import { ServiceError } from "../../../../domain/errors.ts";
import { SpaceGone } from "./content.ts";
import type { Database } from "./database.ts";
import type { Growth } from "./newcomers.ts";
import type { EmbedderIdentity, Plan, Space } from "./protocol.ts";
import { bytesOf, vectorOf } from "./vector-bytes.ts";

interface SpaceRow extends Omit<Space, "id"> {
  readonly fitted_on: number;
  readonly fitted_through: number;
}

/**
 * A learned space is learned anew once the passages that came since outnumber this share of those that it was learned on:
 * folding in a quarter more cost up to 0.007 of nDCG@10, half as many more 0.013 (docs/retrieval-quality.md).
 */
const GROWTH_BEFORE_REFIT = 0.2;
/** Or once fewer newcomers than that speak another language: of one subject 93 to 98 % of their terms are known, of another 19 to 82 %. */
const DRIFT_SHARE = 0.05;
const DRIFT_AT_LEAST = 32;
const FAMILIAR = 0.88;
/** A space in the making that nobody has touched for so long was left by a process that died. */
const ABANDONED_AFTER_MS = 15_000;
/** Other processes go on searching a retired space until they have the new one in memory. */
const RETIRED_FOR_MS = 60_000;
const SWEEP_SLICE = 500;

/** Spaces, their models and vectors, as they stand in the record. Its writes belong into a transaction. */
export class SpaceStore {
  private readonly database: Database;
  private readonly embedder: EmbedderIdentity;
  private readonly content: string;
  /** A space, and a number up to which no passage lacks a vector there: those that are there keep it. */
  private complete = { space: 0, through: 0 };

  /** `content` is the name of the record's content, which makes the ids of spaces unlike those of other contents. */
  constructor(database: Database, embedder: EmbedderIdentity, content: string) {
    this.database = database;
    this.embedder = embedder;
    this.content = content;
  }

  idOf(number: number): string {
    return `${this.content}/${number}`;
  }

  /** Number of the space with this id. @throws SpaceGone where it is not there, or not any more */
  numberOf(id: string): number {
    const number = Number(id.slice(this.content.length + 1));
    const row = this.database.get("SELECT 1 FROM spaces WHERE number = ?", number);
    if (row === undefined || id !== this.idOf(number)) throw new SpaceGone();
    return number;
  }

  /** Whether the first vectors that are put begin the space. */
  get isFixed(): boolean {
    return this.embedder.kind === "fixed";
  }

  /**
   * The space that is searched; undefined where there is none of this embedder yet. Vectors that another learned embedder
   * derived can be derived anew, so its space counts as none.
   * @throws ServiceError embedder-mismatch
   */
  active(): Space | undefined {
    const row = this.activeRow();
    if (row === undefined) return undefined;
    const { number, kind, embedder, dimensions } = row;
    const own = this.embedder;
    const fits = own.kind === "learned" || own.dimensions === dimensions;
    const id = this.idOf(number);
    if (kind === own.kind && embedder === own.name && fits) return { id, number, kind, embedder, dimensions };
    if (kind === "learned" && own.kind === "learned") return undefined;
    throw new ServiceError(
      "embedder-mismatch",
      `The corpus was built with the embedder ${nameOf(row)}, the config names ${nameOf({ ...own, embedder: own.name })}: name the former, or ingest the documents into an empty corpus.`,
    );
  }

  /** Embedder of the space that is searched, whichever is configured. */
  describe(): { readonly name: string; readonly dimensions: number } | undefined {
    const row = this.activeRow();
    return row === undefined ? undefined : { name: row.embedder, dimensions: row.dimensions };
  }

  /** Number of the last passage that the searched space was learned on; undefined where nothing is learned. */
  fittedThrough(): number | undefined {
    const row = this.activeRow();
    return row?.kind === "learned" ? row.fitted_through : undefined;
  }

  /** Whether the passages lack a learned space that fits them. */
  wantsFit({ countAbove, newcomers }: Growth): boolean {
    if (this.embedder.kind === "fixed") return false;
    const row = this.active() === undefined ? undefined : this.activeRow();
    if (row === undefined) return countAbove(0) > 0;
    const strangersMatter = newcomers.count >= Math.max(DRIFT_AT_LEAST, row.fitted_on * DRIFT_SHARE);
    if (strangersMatter && newcomers.familiarity < FAMILIAR) return true;
    return countAbove(row.fitted_through) > row.fitted_on * GROWTH_BEFORE_REFIT;
  }

  plan(growth: Growth): Plan {
    if (this.wantsFit(growth)) return this.othersAtWork() ? { work: "wait" } : { work: "fit", content: this.content };
    const space = this.active();
    const missing = space === undefined ? 0 : this.missing(space.number);
    return space === undefined || missing === 0 ? { work: "none" } : { work: "embed", space, missing };
  }

  /** Passages without a vector in the space; only those are counted that came since there were none. */
  missing(space: number): number {
    const after = this.complete.space === space ? this.complete.through : 0;
    const sql = `SELECT count(*) - (SELECT count(*) FROM vectors WHERE space = ? AND passage > ?) AS missing, max(number) AS last
       FROM passages WHERE number > ?`;
    const { missing = 0, last } =
      this.database.get<{ missing: number; last: number | null }>(sql, space, after, after) ?? {};
    if (missing === 0) this.complete = { space, through: last ?? after };
    return missing;
  }

  /** The first space of a fixed embedder, searched at once. */
  createFixed(): Space {
    if (this.embedder.kind !== "fixed") throw new Error("A learned space begins with a fit.");
    const number = this.insert(this.embedder.dimensions, "active");
    this.database.run("UPDATE corpus SET active_space = ?", number);
    const { name: embedder, dimensions } = this.embedder;
    return { id: this.idOf(number), number, kind: "fixed", embedder, dimensions };
  }

  /**
   * Id of a learned space that is not searched before it is activated; undefined where another process is making one.
   * @throws SpaceGone where it was learned from another content
   */
  begin(content: string, dimensions: number): string | undefined {
    if (content !== this.content) throw new SpaceGone();
    if (this.othersAtWork()) return undefined;
    this.database.run("UPDATE spaces SET state = 'retired', touched_at_ms = 0 WHERE state = 'building'");
    return this.idOf(this.insert(dimensions, "building"));
  }

  appendModel(space: number, part: number, bytes: Uint8Array): void {
    this.touch(space);
    this.database.run("INSERT OR REPLACE INTO model_parts (space, part, bytes) VALUES (?, ?, ?)", space, part, bytes);
  }

  readModel(space: number, part: number): Uint8Array | undefined {
    const sql = "SELECT bytes FROM model_parts WHERE space = ? AND part = ?";
    return this.database.get<{ bytes: Uint8Array }>(sql, space, part)?.bytes;
  }

  /** Keeps the vectors of those passages that are still there and have none. */
  storeVectors(space: number, passages: readonly number[], packed: Float32Array): void {
    this.touch(space);
    const dimensions = packed.length / passages.length;
    for (const [index, passage] of passages.entries()) {
      this.database.run(
        `INSERT OR IGNORE INTO vectors (space, passage, vector)
         SELECT ?, number, ? FROM passages WHERE number = ? AND EXISTS (SELECT 1 FROM spaces WHERE number = ?)`,
        space,
        bytesOf(packed.subarray(index * dimensions, (index + 1) * dimensions)),
        passage,
        space,
      );
    }
    this.database.run("UPDATE corpus SET revision = revision + 1 WHERE active_space = ?", space);
  }

  /** Makes a space the searched one: `missing` where passages lack their vector there, `gone` where it was given up. */
  activate(id: string): "active" | "missing" | "gone" {
    const space = this.numberIfThere(id);
    if (space === undefined) return "gone";
    if (this.activeRow()?.number === space) return "active";
    if (this.database.get("SELECT 1 FROM spaces WHERE number = ? AND state = 'building'", space) === undefined)
      return "gone";
    if (this.missing(space) > 0) return "missing";
    this.database.run("UPDATE spaces SET state = 'retired', touched_at_ms = ? WHERE state = 'active'", Date.now());
    this.database.run("UPDATE spaces SET state = 'active', touched_at_ms = ? WHERE number = ?", Date.now(), space);
    this.database.run(
      "UPDATE corpus SET active_space = ?, generation = generation + 1, revision = revision + 1",
      space,
    );
    return "active";
  }

  /** Gives up a space in the making. */
  abandon(id: string): void {
    const space = this.numberIfThere(id);
    if (space === undefined) return;
    this.database.run(
      "UPDATE spaces SET state = 'retired', touched_at_ms = 0 WHERE number = ? AND state = 'building'",
      space,
    );
  }

  /** Deletes a slice of what spaces left behind that nobody searches any more; whether there is more. */
  sweep(): boolean {
    const space = this.swept();
    if (space === undefined) return false;
    const { changes } = this.database.run(
      "DELETE FROM vectors WHERE number IN (SELECT number FROM vectors WHERE space = ? LIMIT ?)",
      space,
      SWEEP_SLICE,
    );
    if (changes === SWEEP_SLICE) return true;
    this.database.run("DELETE FROM model_parts WHERE space = ?", space);
    this.database.run("DELETE FROM index_files WHERE space = ?", space);
    this.database.run("DELETE FROM spaces WHERE number = ?", space);
    return true;
  }

  /** A space that can be swept away now. */
  swept(): number | undefined {
    const now = Date.now();
    return this.database.get<{ number: number }>(
      `SELECT number FROM spaces WHERE (state = 'retired' AND touched_at_ms < ?) OR (state = 'building' AND touched_at_ms < ?)
       ORDER BY number LIMIT 1`,
      now - RETIRED_FOR_MS,
      now - ABANDONED_AFTER_MS,
    )?.number;
  }

  /** The passages' vectors in the space, in their order; undefined where there is none. */
  vectorsOf(space: number, passages: readonly number[]): (Float32Array | undefined)[] {
    const sql = "SELECT vector FROM vectors WHERE space = ? AND passage = ?";
    return passages.map((passage) => {
      const row = this.database.get<{ vector: Uint8Array }>(sql, space, passage);
      return row === undefined ? undefined : vectorOf(row.vector);
    });
  }

  /** Passages that have a vector in the space. */
  embedded(space: number): readonly number[] {
    const rows = this.database.all<{ passage: number }>("SELECT passage FROM vectors WHERE space = ?", space);
    return rows.map(({ passage }) => passage);
  }

  /** The space's vectors with numbers above this one, and whose they are. The plus keeps SQLite to the order of the numbers. */
  *vectorsAbove(space: number, number: number): Generator<{ readonly passage: number; readonly vector: Float32Array }> {
    const sql = "SELECT passage, vector FROM vectors WHERE number > ? AND +space = ?";
    for (const row of this.database.iterate<{ passage: number; vector: Uint8Array }>(sql, number, space)) {
      yield { passage: row.passage, vector: vectorOf(row.vector) };
    }
  }

  lastVector(): number {
    return this.database.get<{ last: number | null }>("SELECT max(number) AS last FROM vectors")?.last ?? 0;
  }

  private numberIfThere(id: string): number | undefined {
    try {
      return this.numberOf(id);
    } catch (error) {
      if (error instanceof SpaceGone) return undefined;
      throw error;
    }
  }

  private activeRow(): SpaceRow | undefined {
    return this.database.get("SELECT s.* FROM spaces s JOIN corpus c ON c.active_space = s.number");
  }

  private othersAtWork(): boolean {
    const sql = "SELECT 1 FROM spaces WHERE state = 'building' AND touched_at_ms >= ?";
    return this.database.get(sql, Date.now() - ABANDONED_AFTER_MS) !== undefined;
  }

  private insert(dimensions: number, state: "building" | "active"): number {
    return this.database.run(
      `INSERT INTO spaces (kind, embedder, dimensions, fitted_on, fitted_through, state, touched_at_ms)
       SELECT ?, ?, ?, count(*), coalesce(max(number), 0), ?, ? FROM passages`,
      this.embedder.kind,
      this.embedder.name,
      dimensions,
      state,
      Date.now(),
    ).inserted;
  }

  private touch(space: number): void {
    this.database.run("UPDATE spaces SET touched_at_ms = ? WHERE number = ? AND state = 'building'", Date.now(), space);
  }
}

function nameOf({ embedder, dimensions }: { readonly embedder: string; readonly dimensions?: number }): string {
  return dimensions === undefined ? embedder : `${embedder} (${dimensions} dimensions)`;
}
