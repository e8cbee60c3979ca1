import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ServiceError } from "../../../domain/errors.ts";
import type { Log } from "../../../domain/log.ts";
import type { FromModel, ModelFailure, ModelSettings, ToModel } from "./protocol.ts";

const CHILD = fileURLToPath(new URL("./model-child.ts", import.meta.url));
/** Generous: a large file is read, or downloaded, in one go. */
const LOADING_MS = 15 * 60_000;
/** A few texts take seconds at most. */
const EMBEDDING_MS = 2 * 60_000;
const MAX_ATTEMPTS = 2;
const KEPT_STDERR = 2_000;

/** A process that runs model-child.ts. */
export type StartModel = () => ChildProcess;

/** The library logs to its standard error; nothing of our own environment goes along, which holds keys. */
export const startModel: StartModel = () =>
  fork(CHILD, [], { serialization: "advanced", execArgv: [], env: {}, stdio: ["ignore", "ignore", "pipe", "ipc"] });

/** The process went away before it answered. */
class ModelGone extends Error {
  override readonly name = "ModelGone";
}

/** A model in a process of its own, which is started when it is first needed and again where it dies or hangs. */
export class ModelProcess {
  private readonly settings: ModelSettings;
  private readonly log: Log;
  private readonly start: StartModel;
  private child: ModelChild | undefined;
  private closed = false;

  constructor(settings: ModelSettings, log: Log, start: StartModel) {
    this.settings = settings;
    this.log = log;
    this.start = start;
  }

  /** Id of the process that answers now; undefined before the first call. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /**
   * The texts' vectors, one after the other; one call at a time. Texts at which the process dies are tried once more.
   * @throws ServiceError not-configured, vendor-unavailable, vendor-rejected, shutting-down
   */
  async embed(texts: readonly string[]): Promise<Float32Array> {
    for (let attempt = 1; ; attempt++) {
      if (this.closed) throw new ServiceError("shutting-down", "The embedding model is closed.");
      this.child ??= new ModelChild(this.start(), this.settings);
      const { child } = this;
      try {
        return await child.embed(texts);
      } catch (error) {
        if (child.isLoaded && error instanceof ServiceError) throw error;
        await this.bury(child, error);
        if (!(error instanceof ModelGone)) throw error;
        if (attempt === MAX_ATTEMPTS && !this.closed) throw died(error);
      }
    }
  }

  /** Ends the process; a call under way fails with shutting-down. */
  async close(): Promise<void> {
    this.closed = true;
    await this.child?.end();
  }

  private async bury(child: ModelChild, error: unknown): Promise<void> {
    this.child = undefined;
    await child.end();
    if (this.closed) return;
    const { model } = this.settings;
    this.log.warn({ model, error, stderr: child.lastWords }, "the process of the embedding model ended");
  }
}

/** One process, from its start to its end. */
class ModelChild {
  private readonly child: ChildProcess;
  private readonly loading: Promise<unknown>;
  private readonly gone: Promise<void>;
  private waiting: PromiseWithResolvers<Float32Array | undefined> | undefined;
  private loaded = false;
  private ended = false;
  private stderr = "";

  constructor(child: ChildProcess, settings: ModelSettings) {
    this.child = child;
    const gone = Promise.withResolvers<void>();
    this.gone = gone.promise;
    const end = () => {
      this.ended = true;
      this.waiting?.reject(new ModelGone("The process of the embedding model has ended."));
      gone.resolve();
    };
    child.once("exit", end);
    child.once("error", end);
    child.on("message", (message: FromModel) => this.receive(message));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr = (this.stderr + text).slice(-KEPT_STDERR);
    });
    this.loading = this.ask({ load: settings, service: process.pid }, LOADING_MS);
    // Its failure is told to whoever embeds.
    this.loading.then(
      () => {
        this.loaded = true;
      },
      () => undefined,
    );
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  get isLoaded(): boolean {
    return this.loaded;
  }

  /** What it last wrote to its standard error: a native crash says there why. */
  get lastWords(): string {
    return this.stderr.trim();
  }

  async embed(texts: readonly string[]): Promise<Float32Array> {
    await this.loading;
    const vectors = await this.ask({ embed: texts }, EMBEDDING_MS);
    if (vectors === undefined) throw new ModelGone("The process answered what it was not asked.");
    return vectors;
  }

  /** Kills the process, which keeps nothing. */
  async end(): Promise<void> {
    if (!this.ended) this.child.kill("SIGKILL");
    await this.gone;
  }

  /** @throws ModelGone where it dies, or is silent for too long and is killed */
  private async ask(message: ToModel, patienceMs: number): Promise<Float32Array | undefined> {
    if (this.ended) throw new ModelGone("The process of the embedding model has ended.");
    const waiting = Promise.withResolvers<Float32Array | undefined>();
    this.waiting = waiting;
    // A channel that is closed already shows in `exit`.
    this.child.send(message, () => undefined);
    const kill = setTimeout(() => this.child.kill("SIGKILL"), patienceMs);
    try {
      return await waiting.promise;
    } finally {
      clearTimeout(kill);
      this.waiting = undefined;
    }
  }

  private receive(message: FromModel): void {
    if ("failed" in message) this.waiting?.reject(errorOf(message.failed));
    else this.waiting?.resolve("vectors" in message ? message.vectors : undefined);
  }
}

function errorOf({ code, message, cause }: ModelFailure): ServiceError {
  const retryable = code === "vendor-unavailable";
  return new ServiceError(code, message, { retryable, cause: new Error(cause) });
}

function died(cause: Error): ServiceError {
  const text = "The process of the embedding model died twice over this request.";
  return new ServiceError("vendor-unavailable", text, { retryable: true, cause });
}
