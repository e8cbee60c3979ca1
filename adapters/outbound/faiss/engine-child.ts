import { type ChildProcess, fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { abortError, ServiceError } from "../../../domain/errors.ts";
import type {
  EngineSettings,
  FromEngine,
  Operation,
  Operations,
  Space,
  ToEngine,
  WireError,
} from "./engine/protocol.ts";
import { SilenceWatch } from "./silence-watch.ts";

const ENGINE = fileURLToPath(new URL("./engine/main.ts", import.meta.url));
const CLOSE_PATIENCE_MS = 10_000;
const KEPT_STDERR = 2_000;

/**
 * Passive: waiting threads that spin cost 10 ms a search. One core is left to the service: where FAISS has them all, 32
 * callers got half as many answers from two busy cores, since its threads wait for each other.
 */
const OPENMP = { OMP_WAIT_POLICY: "passive", OMP_NUM_THREADS: String(Math.max(1, availableParallelism() - 1)) };

/** The process went away before it answered. */
export class EngineGone extends Error {
  override readonly name = "EngineGone";
}

/** The corpus has another content than this process has open; what was asked was not done. */
export class EngineSuperseded extends Error {
  override readonly name = "EngineSuperseded";
}

/** The space or the content that was named is not there any more. */
export class SpaceGone extends Error {
  override readonly name = "SpaceGone";
}

/** Operations of which a caller must know whether they were done: they end with the engine's answer, even where aborted. */
export const MUTATIONS: ReadonlySet<Operation> = new Set(["put", "remove", "tune"]);

/** What the process says without being asked. */
export interface ChildEvents {
  opened(space: Space | undefined): void;
  retire(): void;
  superseded(): void;
  due(): void;
  trouble(error: Error): void;
}

/** How long a process may be silent while it is waited for; then it hangs, and is killed. */
export interface EnginePatience {
  /** While it opens the corpus, which reads a large one into memory in one go. */
  readonly openingMs: number;
  /** While requests wait. Its event loop answers in between; only one long piece of work keeps it silent. */
  readonly answeringMs: number;
}

interface Call {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** One engine process, from its start to its end. */
export class EngineChild {
  /** Resolves once the corpus is open; rejects with the ServiceError that says why it cannot be, or EngineGone. */
  readonly ready: Promise<void>;
  /** Resolves once the process is gone. */
  readonly gone: Promise<void>;
  private readonly child: ChildProcess;
  private readonly calls = new Map<number, Call>();
  private readonly opened = Promise.withResolvers<void>();
  private readonly events: ChildEvents;
  private readonly patience: EnginePatience;
  private readonly watch: SilenceWatch;
  private nextId = 1;
  private stderr = "";
  private isOpen = false;
  private retiring = false;
  private leaving = false;
  private ended = false;
  private hung = false;

  /** Starts a process and has it open the corpus. */
  constructor(settings: EngineSettings, events: ChildEvents, patience: EnginePatience) {
    this.events = events;
    this.patience = patience;
    this.ready = this.opened.promise;
    this.child = fork(ENGINE, [], {
      serialization: "advanced",
      execArgv: [],
      // Nothing of our own environment, which holds keys.
      env: OPENMP,
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.gone = new Promise((resolve) => {
      const end = () => {
        this.end();
        resolve();
      };
      this.child.once("exit", end);
      this.child.once("error", end);
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr = (this.stderr + text).slice(-KEPT_STDERR);
    });
    this.child.on("message", (message) => this.receive(message as FromEngine));
    this.send({ open: settings, service: process.pid });
    this.watch = new SilenceWatch({
      ask: () => this.send({ ping: true }),
      giveUp: () => {
        this.hung = true;
        this.kill();
      },
    });
    this.watch.begin(patience.openingMs);
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Whether it has ended, on purpose or not. */
  get hasEnded(): boolean {
    return this.ended;
  }

  /** Whether it was told to end. */
  get isLeaving(): boolean {
    return this.leaving || this.retiring;
  }

  /** Whether it was killed because it was silent for too long. */
  get hasHung(): boolean {
    return this.hung;
  }

  /** Signal that ended it, or its exit code; null before and where it never started. */
  get endedBy(): string | number | null {
    return this.child.signalCode ?? this.child.exitCode;
  }

  /** What it last wrote to its standard error: a native crash says there why. */
  get lastWords(): string {
    return this.stderr.trim();
  }

  /**
   * Sends one request. Where the signal aborts, the engine is told, and the call ends at once unless it must know whether
   * something was written. @throws EngineGone, EngineSuperseded, SpaceGone; ServiceError as the operation's port says
   */
  async call<Name extends Operation>(
    operation: Name,
    request: Operations[Name]["request"],
    signal: AbortSignal,
  ): Promise<Operations[Name]["reply"]> {
    if (this.ended) throw new EngineGone("The engine has ended.");
    const id = this.nextId++;
    const reply = Promise.withResolvers<unknown>();
    this.watch.begin(this.patience.answeringMs);
    this.calls.set(id, reply);
    const abort = () => {
      this.send({ cancel: id });
      if (!MUTATIONS.has(operation)) reply.reject(abortError(signal));
    };
    signal.addEventListener("abort", abort, { once: true });
    this.send({ id, operation, request } as ToEngine);
    if (signal.aborted) abort();
    try {
      return (await reply.promise) as Operations[Name]["reply"];
    } finally {
      signal.removeEventListener("abort", abort);
      this.calls.delete(id);
      if (this.retiring && this.calls.size === 0) void this.close();
    }
  }

  /** Ends the process once the calls under way are answered. */
  retire(): void {
    this.retiring = true;
    if (this.calls.size === 0) void this.close();
  }

  /** Asks the process to save and end, and ends it where it does not. */
  async close(): Promise<void> {
    this.leaving = true;
    if (this.ended) return;
    this.send({ close: true });
    const kill = setTimeout(() => this.kill(), CLOSE_PATIENCE_MS);
    await this.gone;
    clearTimeout(kill);
  }

  kill(): void {
    this.child.kill("SIGKILL");
  }

  private send(message: ToEngine): void {
    // A channel that is closed already shows in `exit`.
    this.child.send(message, () => undefined);
  }

  private receive(message: FromEngine): void {
    this.watch.heard();
    if ("id" in message) {
      const call = this.calls.get(message.id);
      this.calls.delete(message.id);
      if (message.error === undefined) call?.resolve(message.value);
      else call?.reject(errorOf(message.error));
    } else if (message.event === "ready") {
      this.isOpen = true;
      this.opened.resolve();
      this.events.opened(message.space);
    } else if (message.event === "failed") this.opened.reject(errorOf(message.error));
    else if (message.event === "trouble") this.events.trouble(errorOf(message.error));
    else if (message.event !== "alive") this.events[message.event]();
    // Not when a caller gives up: it may be because of the silence.
    if (this.isOpen && this.calls.size === 0) this.watch.end();
  }

  private end(): void {
    this.ended = true;
    this.watch.end();
    const gone = new EngineGone("The engine has ended.");
    this.opened.reject(gone);
    for (const { reject } of this.calls.values()) reject(gone);
  }
}

/** The cause says what the engine met: for the log, never for a caller. */
function errorOf({ code, message, retryable, cause }: WireError): Error {
  if (code === "superseded") return new EngineSuperseded(message);
  if (code === "space-gone") return new SpaceGone(message);
  const options = cause === undefined ? {} : { cause: new Error(cause) };
  return code === "bug" ? new Error(message, options) : new ServiceError(code, message, { retryable, ...options });
}
