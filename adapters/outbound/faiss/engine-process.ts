import { setTimeout as delay } from "node:timers/promises";
import { abortable } from "../../../domain/abortable.ts";
import { ServiceError, throwIfAborted } from "../../../domain/errors.ts";
import type { Log } from "../../../domain/log.ts";
import type { EngineSettings, Operation, Operations, Space } from "./engine/protocol.ts";
import {
  type ChildEvents,
  EngineChild,
  EngineGone,
  type EnginePatience,
  EngineSuperseded,
  MUTATIONS,
} from "./engine-child.ts";

/** Requests under way or waiting for a process at once; past it they are refused. */
const MAX_REQUESTS = 512;
const FIRST_BACKOFF_MS = 25;
const MAX_BACKOFF_MS = 5_000;
/** A process that has lived so long was well: the next one starts without delay. */
const HEALTHY_AFTER_MS = 10_000;

/** Generous, since no work that is done in one go may take so long: a process that is killed at it would begin it again for ever. */
const PATIENCE: EnginePatience = { openingMs: 120_000, answeringMs: 20_000 };

/** What the engine says without being asked. */
export interface EngineListener {
  /** A process has opened the corpus, in which this space is searched. */
  opened(space: Space | undefined): void;
  /** Vectors are missing. */
  due(): void;
}

/** Deaths after which the next process leaves the index files alone. */
const DISTRUST_FILES_AFTER = 3;

/**
 * Keeps one engine process per corpus: starts it, starts it again where it dies, kills it where it hangs, and replaces it
 * when it asks for that or the corpus has another content, the next one being ready before the present one goes. No request
 * is lost by any of these: what was under way in a process that died, or was for the former content, is done once more by the next one.
 */
export class EngineProcess {
  private readonly settings: Omit<EngineSettings, "useIndexFiles">;
  private readonly log: Log;
  private readonly patience: EnginePatience;
  private readonly children = new Set<EngineChild>();
  private readonly closing = new AbortController();
  private current: EngineChild | undefined;
  private starting: Promise<EngineChild> | undefined;
  private requests = 0;
  private failures = 0;
  private listener: EngineListener | undefined;

  /** Starts a process at once, so that it is ready when the first request comes. */
  constructor(settings: Omit<EngineSettings, "useIndexFiles">, log: Log, patience: EnginePatience = PATIENCE) {
    this.settings = settings;
    this.log = log;
    this.patience = patience;
    this.ready().catch(() => undefined);
  }

  /** Id of the process that answers now. */
  get pid(): number | undefined {
    return this.current?.pid;
  }

  /** Who is told from now on. */
  listen(listener: EngineListener): void {
    this.listener = listener;
  }

  /**
   * Asks the engine. @throws ServiceError overloaded, shutting-down, timeout, cancelled, storage-failed (the corpus cannot be
   * opened), retrieval-unavailable or storage-failed (the engine died twice over this request), and what the operation
   * throws; SpaceGone
   */
  async call<Name extends Operation>(
    operation: Name,
    request: Operations[Name]["request"],
    signal: AbortSignal,
  ): Promise<Operations[Name]["reply"]> {
    throwIfAborted(signal);
    throwIfAborted(this.closing.signal);
    if (this.requests >= MAX_REQUESTS) {
      throw new ServiceError("overloaded", `${MAX_REQUESTS} requests wait for the search engine.`, { retryable: true });
    }
    this.requests += 1;
    try {
      return await this.callTwice(operation, request, signal);
    } finally {
      this.requests -= 1;
    }
  }

  /** Ends the process after it has saved its index. */
  async close(): Promise<void> {
    this.closing.abort(new ServiceError("shutting-down", "The search engine is closed."));
    await Promise.all([...this.children].map((child) => child.close()));
  }

  private async callTwice<Name extends Operation>(
    operation: Name,
    request: Operations[Name]["request"],
    signal: AbortSignal,
  ): Promise<Operations[Name]["reply"]> {
    let former: EngineChild | undefined;
    for (let deaths = 0; ; ) {
      try {
        const mustKnow = deaths > 0 && MUTATIONS.has(operation);
        const next = this.after(former);
        const child = await (mustKnow ? next : abortable(next, signal));
        former = child;
        return await child.call(operation, request, signal).catch((error) => this.failed(operation, error));
      } catch (error) {
        if (error instanceof EngineSuperseded) continue;
        if (!(error instanceof EngineGone)) throw error;
        throwIfAborted(this.closing.signal);
        deaths += 1;
        if (deaths === 2) throw diedTwice(operation);
      }
    }
  }

  /** Callers are not told what the record's failure was. */
  private failed(operation: Operation, error: unknown): never {
    if (error instanceof ServiceError && error.code === "storage-failed") {
      this.log.error({ directory: this.settings.directory, operation, error }, "the corpus cannot be read or written");
    }
    throw error;
  }

  /** The process that answers now, or the next one once it is ready. */
  private ready(): Promise<EngineChild> {
    return this.after(undefined);
  }

  /** The same, but another one than the former. One starts at a time, so that none takes the place of one that has opened a newer content. */
  private after(former: EngineChild | undefined): Promise<EngineChild> {
    if (this.current?.hasEnded === false && this.current !== former) return Promise.resolve(this.current);
    this.starting ??= this.start().finally(() => {
      this.starting = undefined;
    });
    return this.starting;
  }

  private async start(): Promise<EngineChild> {
    const { signal } = this.closing;
    const backoffMs = this.failures < 2 ? 0 : Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** this.failures);
    if (backoffMs > 0) await delay(backoffMs, undefined, { signal }).catch(() => undefined);
    throwIfAborted(signal);
    const child = await this.startChild();
    return this.becomeCurrent(child);
  }

  /** Has the next process ready before the present one goes. */
  private async replace(present: EngineChild): Promise<void> {
    if (this.starting !== undefined || present !== this.current || this.closing.signal.aborted) return;
    try {
      await this.after(present);
    } catch (error) {
      if (this.closing.signal.aborted) return;
      this.log.warn({ error }, "the next engine process could not start; the present one goes on");
    }
  }

  private becomeCurrent(child: EngineChild): EngineChild {
    this.current?.retire();
    this.current = child;
    return child;
  }

  private async startChild(): Promise<EngineChild> {
    const bornAt = Date.now();
    const settings = { ...this.settings, useIndexFiles: this.failures < DISTRUST_FILES_AFTER };
    const { directory } = settings;
    const events: ChildEvents = {
      opened: (space) => this.listener?.opened(space),
      retire: () => {
        this.failures = 0;
        void this.replace(child);
      },
      superseded: () => void this.replace(child),
      due: () => this.listener?.due(),
      trouble: (error) => this.log.warn({ directory, error }, "work on the corpus in the background failed"),
    };
    const child = new EngineChild(settings, events, this.patience);
    this.children.add(child);
    void child.gone.then(() => this.bury(child, Date.now() - bornAt));
    try {
      await child.ready;
    } catch (error) {
      if (error instanceof ServiceError) this.log.error({ directory, error }, "the corpus cannot be opened");
      throw error;
    }
    return child;
  }

  private bury(child: EngineChild, ageMs: number): void {
    this.children.delete(child);
    if (child.isLeaving) return;
    this.failures = ageMs > HEALTHY_AFTER_MS ? 1 : this.failures + 1;
    const { directory } = this.settings;
    const end = child.hasHung ? "hung and was killed" : "died";
    this.log.warn(
      { directory, pid: child.pid, signal: child.endedBy, stderr: child.lastWords },
      `the engine process ${end}; the next request starts another`,
    );
  }
}

function diedTwice(operation: Operation): ServiceError {
  const code = operation === "search" ? "retrieval-unavailable" : "storage-failed";
  return new ServiceError(code, "The search engine died twice while it worked on this request.", { retryable: true });
}
