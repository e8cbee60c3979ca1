import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import { Compaction } from "./compaction.ts";
import type { CorpusMemory } from "./corpus-memory.ts";
import type { Database } from "./database.ts";
import type { IndexFiles } from "./index-files.ts";
import type { SpaceStore } from "./space-store.ts";

/** Changes since the last file that are worth a new one, as a share of the index and at the least. */
const WORTH_SAVING_SHARE = 0.1;
const WORTH_SAVING = 1_000;
/** After a change the next one may be on its way: it is not to wait behind a slice. */
const QUIET_MS = 50;
/** What waits for changes to come to rest does not wait longer than that: an index in the making, a file that would be out of date at once. */
const MAX_PATIENCE_MS = 30_000;
/** Share of the time that slices take where changes never come to rest. */
const SHARE_AMONG_CHANGES = 0.1;

export interface BackgroundParts {
  readonly memory: CorpusMemory;
  readonly database: Database;
  readonly spaces: SpaceStore;
  readonly files: IndexFiles;
  /** Told when a run fails; the next `wake` tries again. */
  readonly onFailure: (error: unknown) => void;
}

/** What need not be done before a search is answered, in slices of a few milliseconds, requests coming first. */
export class Background {
  private readonly parts: BackgroundParts;
  private readonly compaction: Compaction;
  private running: Promise<void> | undefined;
  private woken = false;
  private stopped = false;
  private changes = 0;
  /** Since when changes have come one after the other, and when the last one ended. */
  private changingSince = Number.NEGATIVE_INFINITY;
  private changedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: BackgroundParts) {
    this.parts = parts;
    this.compaction = new Compaction(parts.database);
  }

  /** Looks whether there is something to do, now or once the present run ends. */
  wake(): void {
    this.woken = true;
    if (this.running !== undefined || this.stopped) return;
    this.run(WORTH_SAVING, WORTH_SAVING_SHARE).catch((error) => this.parts.onFailure(error));
  }

  /** Runs a change of the corpus, to which the work gives way. */
  async givingWay<Result>(change: () => Promise<Result>): Promise<Result> {
    if (!this.isChanging) this.changingSince = performance.now();
    this.changes += 1;
    try {
      return await change();
    } finally {
      this.changes -= 1;
      this.changedAt = performance.now();
    }
  }

  /** Resolves once the index holds everything and its file is written. */
  async persist(): Promise<void> {
    while (this.running !== undefined) await this.running;
    await this.run(1, 0);
  }

  /** Begins nothing any more and saves what there is. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.persist();
  }

  /** One run at a time; it saves where at least so much has changed. */
  private run(worthSaving: number, worthSavingShare: number): Promise<void> {
    this.woken = false;
    const run = this.work(worthSaving, worthSavingShare).finally(() => {
      this.running = undefined;
      if (this.woken) this.wake();
    });
    this.running = run.catch(() => undefined);
    return run;
  }

  private async work(worthSaving: number, worthSavingShare: number): Promise<void> {
    // Whoever wakes it may be in the midst of a transaction.
    await this.giveWay(0);
    for (let startedAt = performance.now(); !this.stopped && this.step(); startedAt = performance.now()) {
      await this.giveWay((performance.now() - startedAt) * (1 / SHARE_AMONG_CHANGES - 1));
    }
    await this.giveWay(MAX_PATIENCE_MS);
    const size = this.parts.memory.serving?.index.size ?? 0;
    await this.save(Math.max(worthSaving, size * worthSavingShare));
    const { database, spaces } = this.parts;
    while (!this.stopped && spaces.swept() !== undefined) {
      await database.write(() => spaces.sweep());
      await nextTurn();
    }
    while (!this.stopped && this.compaction.wanted) {
      await this.compaction.step();
      await nextTurn();
    }
  }

  /**
   * Lets requests through, and where the corpus is changing waits until it rests: at most so long where it has been
   * changing for long, or where searches wait for a space.
   */
  private async giveWay(atMostMs: number): Promise<void> {
    await nextTurn();
    const until = performance.now() + atMostMs;
    const rested = () => {
      const patient = this.parts.memory.coming === undefined ? this.changingSince + MAX_PATIENCE_MS : 0;
      return this.stopped || !this.isChanging || performance.now() >= Math.max(until, patient);
    };
    while (!rested()) await delay(QUIET_MS);
  }

  private get isChanging(): boolean {
    return this.changes > 0 || performance.now() - this.changedAt < QUIET_MS;
  }

  /** Does one slice; false where nothing is left. */
  private step(): boolean {
    const { memory, database } = this.parts;
    if (memory.coming !== undefined) {
      database.read(() => memory.fill());
      return true;
    }
    const index = memory.serving?.index;
    if (index === undefined || !index.busy) return false;
    database.read(() => index.work());
    return true;
  }

  private async save(worth: number): Promise<void> {
    const { memory, files } = this.parts;
    const { serving } = memory;
    if (serving === undefined || serving.index.unsaved < worth) return;
    const { unsaved, snapshot } = serving.index;
    await files.save(serving.space, snapshot, (slot) => memory.catalog.passageAt(slot));
    serving.index.unsaved -= unsaved;
  }
}
