import { abortError, ServiceError } from "../../../domain/errors.ts";
import type { SinkListener, StreamSink } from "./stream-sinks.ts";

export interface PumpOptions<Event> {
  /** The event as text for the wire; "" where it has none. */
  frame(event: Event): string;
  /** The last text of a stream that breaks. */
  errorFrame(error: Error): string;
  /** Ends the stream with the error that it aborts with; it must abort when the caller goes away. */
  readonly signal: AbortSignal;
  /** Silence after which a comment shows that the stream lives. */
  readonly silenceMs: number;
}

/** Text that waits at most for the end of the tick before it is written. */
const BATCH_LENGTH = 64 * 1024;
/** Time that a broken stream's reader gets to take the rest. */
const LAST_WORD_MS = 1_000;
/** A comment of server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html#authoring-notes */
const COMMENT = ":\n\n";

/**
 * Carries events to a sink: as fast as the sink takes them and no faster, what comes in one tick as one write. It holds no more
 * than one batch beside what the sink itself buffers.
 */
export class EventPump<Event> implements SinkListener {
  /** Resolves once the reader has taken all, or is gone. */
  readonly ended: Promise<void>;
  /** Why the stream broke; undefined where it did not. */
  error: Error | undefined;
  private state: "open" | "ending" | "ended" = "open";
  private readonly events: AsyncIterator<Event>;
  private readonly options: PumpOptions<Event>;
  private readonly resolveEnded: () => void;
  private sink!: StreamSink;
  private batch = "";
  private flushing = false;
  private pulling = false;
  private blocked = false;
  private writtenAt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(events: AsyncIterator<Event>, options: PumpOptions<Event>) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.resolveEnded = resolve;
    this.events = events;
    this.options = options;
  }

  /** Begins with a text that is already there. */
  start(sink: StreamSink, text: string): void {
    this.sink = sink;
    this.options.signal.addEventListener("abort", this.abort);
    this.timer = setTimeout(this.breakSilence, this.options.silenceMs);
    this.write(text);
    this.pull();
  }

  drained(): void {
    if (!this.blocked || this.state !== "open") return;
    this.blocked = false;
    this.flush();
    this.pull();
  }

  closed(): void {
    if (this.state === "open") this.leave(new ServiceError("cancelled", "The caller went away."));
    this.state = "ended";
    clearTimeout(this.timer);
    this.options.signal.removeEventListener("abort", this.abort);
    this.resolveEnded();
  }

  private pull(): void {
    if (this.pulling || this.blocked || this.state !== "open" || this.batch.length >= BATCH_LENGTH) return;
    this.pulling = true;
    this.events.next().then(this.take, this.fail);
  }

  private readonly take = ({ done, value }: IteratorResult<Event>): void => {
    this.pulling = false;
    if (this.state !== "open") return;
    if (done) {
      this.end("");
      return;
    }
    try {
      this.batch += this.options.frame(value);
    } catch (error) {
      this.stopEvents();
      this.fail(error);
      return;
    }
    if (!this.flushing && !this.blocked) {
      this.flushing = true;
      setImmediate(this.flushTick);
    }
    this.pull();
  };

  private readonly flushTick = (): void => {
    this.flushing = false;
    if (this.state !== "open" || this.blocked) return;
    this.flush();
    this.pull();
  };

  private flush(): void {
    const text = this.batch;
    this.batch = "";
    if (text !== "") this.write(text);
  }

  private write(text: string): void {
    this.writtenAt = performance.now();
    this.blocked = !this.sink.write(text);
  }

  private end(lastText: string): void {
    this.batch += lastText;
    this.state = "ending";
    clearTimeout(this.timer);
    if (this.error !== undefined) this.timer = setTimeout(() => this.sink.cut(), LAST_WORD_MS);
    this.flush();
    this.sink.end();
  }

  private readonly fail = (thrown: unknown): void => {
    if (this.state !== "open") return;
    const error =
      thrown instanceof Error ? thrown : new Error("Something was thrown that is no Error.", { cause: thrown });
    this.error = error;
    this.end(this.options.errorFrame(error));
  };

  private readonly abort = (): void => {
    const error = abortError(this.options.signal);
    if (this.state === "open" && error.code !== "cancelled") {
      this.stopEvents();
      this.fail(error);
    } else {
      this.leave(error);
      this.sink.cut();
    }
  };

  /** Nobody is told: the caller is gone, or has not taken the rest in time. */
  private leave(error: ServiceError): void {
    if (this.state === "open") this.stopEvents();
    this.state = "ending";
    this.error ??= error;
  }

  /** Work that does not heed the signal may be in the middle of an event: nobody waits for it. */
  private stopEvents(): void {
    this.events.return?.().catch(() => undefined);
  }

  /** Where the sink is full there is no silence: bytes wait for the reader. */
  private readonly breakSilence = (): void => {
    const { silenceMs } = this.options;
    const restMs = silenceMs - (performance.now() - this.writtenAt);
    if (restMs <= 0 && !this.blocked) this.write(COMMENT);
    this.timer = setTimeout(this.breakSilence, restMs > 0 ? restMs : silenceMs);
  };
}
