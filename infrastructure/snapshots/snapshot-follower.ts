import type { PublishedSnapshots } from "../../application/published-snapshots.ts";
import { abortError, type ErrorCode, ServiceError } from "../../domain/errors.ts";
import type { SnapshotStatus } from "../../domain/health.ts";
import type { Log } from "../../domain/log.ts";
import type { SnapshotPort } from "../../domain/ports/snapshot-port.ts";
import type { FollowedSearch } from "./followed-search.ts";
import type { InstalledVersion } from "./installed-version.ts";

/** What a look came to: `installed` another version, `unchanged`, `none` where nothing is published, or the error's code. */
export type LookOutcome = "installed" | "unchanged" | "none" | ErrorCode;

export interface FollowerParts {
  readonly search: FollowedSearch;
  readonly published: PublishedSnapshots;
  readonly snapshots: SnapshotPort;
  readonly installed: InstalledVersion;
  /** Time between two looks. */
  readonly everyMs: number;
  readonly log: Log;
  /** Fills the corpus where nothing is published; called until it was done once. */
  fillAlone(signal: AbortSignal): Promise<void>;
  looked(outcome: LookOutcome): void;
}

/** What failed for now is tried again soon, and not only when the next look is due. */
const RETRY_MS = 5_000;
/** Another try with the same version would fail alike. */
const HOPELESS: ReadonlySet<ErrorCode> = new Set(["invalid-request", "embedder-mismatch"]);

/**
 * Has a search serve the version that is published: looks at once and then again and again, fetches what is new, and has the
 * corpus restore it, which fails no request. What fails leaves the search with what it has.
 */
export class SnapshotFollower {
  private readonly parts: FollowerParts;
  private readonly closing = new AbortController();
  private looking: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private tag: string | undefined;
  /** Why the version under `tag` cannot be served. */
  private hopeless: ErrorCode | undefined;
  private told = "";

  constructor(parts: FollowerParts) {
    this.parts = parts;
    parts.search.isWaiting = true;
  }

  /** Serves what is on disk from an earlier start, where there is some, and begins to look. */
  async start(onDisk: boolean): Promise<void> {
    const { search, installed } = this.parts;
    const version = onDisk ? await installed.read() : undefined;
    if (version !== undefined) {
      search.status = { version };
      search.isWaiting = false;
    }
    this.look();
  }

  /** Stops the look under way and all others. */
  async close(): Promise<void> {
    clearTimeout(this.timer);
    this.closing.abort(new ServiceError("shutting-down", "The service drains."));
    await this.looking;
  }

  private look(): void {
    this.looking = this.lookOnce().then((waitMs) => {
      if (!this.closing.signal.aborted) this.timer = setTimeout(() => this.look(), waitMs).unref();
    });
  }

  /** Milliseconds until the next look. */
  private async lookOnce(): Promise<number> {
    const { search, everyMs, log, looked } = this.parts;
    try {
      const outcome = await this.follow(this.closing.signal);
      looked(outcome);
      search.status = standing(search.status.version, this.hopeless);
      if (this.told !== "" && search.status.problem === undefined) {
        log.info({ search: search.name, version: search.status.version }, "the published snapshot is followed again");
        this.told = "";
      }
      return everyMs;
    } catch (error) {
      if (this.closing.signal.aborted) return everyMs;
      const failure = error instanceof ServiceError ? error : undefined;
      const problem = failure?.code ?? "storage-failed";
      looked(problem);
      search.status = { ...search.status, problem };
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== this.told)
        log.error(
          { search: search.name, code: problem, reason, serving: search.status.version ?? null },
          "the published snapshot cannot be followed; what there is stays",
        );
      this.told = reason;
      return failure?.retryable ? Math.min(everyMs, RETRY_MS) : everyMs;
    }
  }

  private async follow(signal: AbortSignal): Promise<LookOutcome> {
    const { search, published } = this.parts;
    const found = await published.latest(this.tag, signal);
    if (found === "unchanged") return "unchanged";
    if (found === undefined) {
      this.hopeless = undefined;
      if (search.isWaiting) await this.parts.fillAlone(signal);
      if (signal.aborted) throw abortError(signal);
      search.isWaiting = false;
      return "none";
    }
    const { version, tag } = found;
    const isNew = version !== search.status.version;
    try {
      if (isNew) await this.install(version, signal);
    } catch (error) {
      if (error instanceof ServiceError && HOPELESS.has(error.code)) {
        this.tag = tag;
        this.hopeless = error.code;
      }
      throw error;
    }
    this.tag = tag;
    this.hopeless = undefined;
    return isNew ? "installed" : "unchanged";
  }

  private async install(version: string, signal: AbortSignal): Promise<void> {
    const { search, published, snapshots, installed, log } = this.parts;
    try {
      await installed.clear();
      const { documents, passages } = await published.get(version, installed.fetched, signal);
      await snapshots.restore(installed.fetched, signal);
      await installed.write(version);
      search.status = { version };
      search.isWaiting = false;
      log.info({ search: search.name, version, documents, passages }, "a published snapshot is served");
    } finally {
      await installed.removeFetched();
    }
  }
}

function standing(version: string | undefined, problem: ErrorCode | undefined): SnapshotStatus {
  return { ...(version === undefined ? {} : { version }), ...(problem === undefined ? {} : { problem }) };
}
