import { setTimeout as delay } from "node:timers/promises";
import { abortable } from "../../../domain/abortable.ts";
import { ServiceError, throwIfAborted } from "../../../domain/errors.ts";
import type { Log } from "../../../domain/log.ts";
import type { EmbeddingPort } from "../../../domain/ports/embedding-port.ts";
import type { Plan } from "./engine/protocol.ts";
import { pack } from "./engine/vector-bytes.ts";
import { SpaceGone } from "./engine-child.ts";
import type { EngineProcess } from "./engine-process.ts";
import { embedAll, type Spaces } from "./spaces.ts";

/** Puts in a row are waited for, but not for ever. */
const QUIET_MS = 1_000;
const MOST_PATIENCE_MS = 30_000;
const WAIT_FOR_OTHERS_MS = 250;
const FIRST_RETRY_MS = 5_000;
const MAX_RETRY_MS = 300_000;
const TEXTS_PER_CALL = 256;
/** Models travel in parts, so that none of them holds the event loop for long. */
const PART_BYTES = 1 << 20;
/** Share of the work that learning a space is, before passages are embedded into it. */
const FIT_SHARE = 0.3;

type OnProgress = (share: number) => void;

/** Gives all passages their vectors: learns a space where there is none or the corpus has outgrown it, and embeds what is missing. */
export class Maintenance {
  private readonly engine: EngineProcess;
  private readonly spaces: Spaces;
  private readonly log: Log;
  private readonly closing = new AbortController();
  private readonly listeners = new Set<OnProgress>();
  private running: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private dueSince: number | undefined;
  private retryMs = FIRST_RETRY_MS;

  constructor(engine: EngineProcess, spaces: Spaces, log: Log) {
    this.engine = engine;
    this.spaces = spaces;
    this.log = log;
  }

  /** Does the work once the puts have come to rest; what fails is logged and tried again later. */
  due(): void {
    if (this.running !== undefined || this.closing.signal.aborted) return;
    const now = Date.now();
    this.dueSince ??= now;
    this.schedule(Math.min(QUIET_MS, Math.max(0, this.dueSince + MOST_PATIENCE_MS - now)));
  }

  /** Does the work now and waits for it. @throws ServiceError the embedder's errors, embedder-mismatch, storage-failed, timeout, cancelled */
  async settle(signal: AbortSignal, onProgress: OnProgress): Promise<void> {
    let most = 0;
    const listener = (share: number) => {
      if (share <= most) return;
      most = share;
      onProgress(share);
    };
    this.listeners.add(listener);
    try {
      await abortable(this.run(), signal);
    } finally {
      this.listeners.delete(listener);
    }
  }

  /** Stops the work under way, which then begins anew at the next start. */
  async close(): Promise<void> {
    clearTimeout(this.timer);
    this.closing.abort(new ServiceError("shutting-down", "The search engine is closed."));
    await this.running?.catch(() => undefined);
  }

  private schedule(delayMs: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.runInBackground(), delayMs);
    this.timer.unref();
  }

  private async runInBackground(): Promise<void> {
    try {
      await this.run();
      this.retryMs = FIRST_RETRY_MS;
    } catch (error) {
      if (this.closing.signal.aborted) return;
      this.log.warn(
        { error, retryMs: this.retryMs },
        "the passages could not be given their vectors; trying again later",
      );
      this.schedule(this.retryMs);
      this.retryMs = Math.min(MAX_RETRY_MS, this.retryMs * 2);
    }
  }

  /** One run at a time, for all who wait for it. */
  private run(): Promise<void> {
    this.running ??= this.work().finally(() => {
      this.running = undefined;
      this.dueSince = undefined;
    });
    return this.running;
  }

  private async work(): Promise<void> {
    const { signal } = this.closing;
    for (;;) {
      const plan = await this.engine.call("plan", null, signal);
      if (plan.work === "none") return;
      if (plan.work === "wait")
        await delay(WAIT_FOR_OTHERS_MS, undefined, { signal }).catch(() => throwIfAborted(signal));
      try {
        await this.follow(plan);
      } catch (error) {
        // The corpus has another content, which wants a plan of its own.
        if (!(error instanceof SpaceGone)) throw error;
      }
    }
  }

  private async follow(plan: Plan): Promise<void> {
    const { signal } = this.closing;
    if (plan.work === "fit") await this.learn(plan.content);
    if (plan.work === "embed") {
      const { space, missing } = plan;
      await this.embedMissing(space.id, missing, (texts) => this.spaces.embedDocuments(space, texts, signal));
    }
  }

  /** Learns a space, embeds all passages into it, and lets it be searched. */
  private async learn(content: string): Promise<void> {
    const { signal } = this.closing;
    const { embedder } = this.spaces;
    if (embedder.kind === "fixed") return;
    const sample = await this.sample(embedder.maxSample);
    if (sample.length === 0) return;
    const model = await embedder.fit(sample, signal);
    this.report(FIT_SHARE);
    const opened = await embedder.open(model, signal);
    const { dimensions } = opened;
    const space = await this.engine.call("beginSpace", { content, dimensions }, signal).catch(async (error) => {
      await opened.close?.();
      throw error;
    });
    if (space === undefined) return opened.close?.();
    this.spaces.adopt(space, opened);
    try {
      await this.keepModel(space, model);
      await this.fillAndActivate(space, opened);
    } catch (error) {
      await this.engine.call("abandonSpace", { space }, new AbortController().signal).catch(() => undefined);
      throw error;
    }
  }

  private async fillAndActivate(space: string, embedder: EmbeddingPort): Promise<void> {
    const { signal } = this.closing;
    for (let state = "missing"; state === "missing"; ) {
      const { passages } = await this.engine.call("describe", null, signal);
      await this.embedMissing(space, passages, (texts) => embedAll(embedder, texts, "document", signal));
      state = await this.engine.call("activateSpace", { space }, signal);
    }
  }

  private async embedMissing(
    space: string,
    missing: number,
    embed: (texts: readonly string[]) => Promise<readonly Float32Array[]>,
  ): Promise<void> {
    const { signal } = this.closing;
    for (let after = 0, embedded = 0; ; ) {
      const { passages, texts } = await this.engine.call(
        "textsToEmbed",
        { space, after, limit: TEXTS_PER_CALL },
        signal,
      );
      if (passages.length === 0) return;
      await this.engine.call("storeVectors", { space, passages, packed: pack(await embed(texts)) }, signal);
      after = passages.at(-1) ?? after;
      embedded += passages.length;
      this.report(FIT_SHARE + (1 - FIT_SHARE) * Math.min(1, embedded / missing));
    }
  }

  /** Texts of a fair sample, the same for the same passages. */
  private async sample(limit: number): Promise<readonly string[]> {
    const { signal } = this.closing;
    const chosen = await this.engine.call("sample", { limit }, signal);
    const sample: string[] = [];
    for (let start = 0; start < chosen.length; start += TEXTS_PER_CALL) {
      const passages = chosen.slice(start, start + TEXTS_PER_CALL);
      sample.push(...(await this.engine.call("searchTexts", { passages }, signal)));
    }
    return sample;
  }

  private async keepModel(space: string, model: Uint8Array): Promise<void> {
    for (let part = 0; part * PART_BYTES < model.length; part++) {
      const bytes = model.subarray(part * PART_BYTES, (part + 1) * PART_BYTES);
      await this.engine.call("appendModel", { space, part, bytes }, this.closing.signal);
    }
  }

  private report(share: number): void {
    for (const listener of this.listeners) listener(share);
  }
}
