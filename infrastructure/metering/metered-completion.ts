import type { Usage } from "../../domain/answer.ts";
import type { CompletionFeature } from "../../domain/chat.ts";
import { abortError, type ErrorCode, ServiceError } from "../../domain/errors.ts";
import { originOf } from "../../domain/origin.ts";
import type {
  Completion,
  CompletionEvent,
  CompletionPort,
  CompletionRequest,
} from "../../domain/ports/completion-port.ts";
import type { Price } from "./price.ts";
import type { UsageRecord } from "./usage-record.ts";
import { priced, type UsageRecorder } from "./usage-recorder.ts";

/** What a vendor answers instead of a completion, for which none of them asks money. */
const UNBILLED: ReadonlySet<ErrorCode> = new Set([
  "context-overflow",
  "content-refused",
  "rate-limited",
  "vendor-auth",
  "vendor-rejected",
  "vendor-unavailable",
]);

const NOTHING: Usage = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 };

/**
 * A model whose use is recorded, once for each call, whatever its outcome. Answers tell what they cost where the model has a
 * price. Where a call that the vendor works on does not come to its end, its tokens are estimated.
 */
export class MeteredCompletion implements CompletionPort {
  private readonly model: string;
  private readonly inner: CompletionPort;
  private readonly price: Price | undefined;
  private readonly recorder: UsageRecorder;

  constructor(model: string, inner: CompletionPort, price: Price | undefined, recorder: UsageRecorder) {
    this.model = model;
    this.inner = inner;
    this.price = price;
    this.recorder = recorder;
  }

  get contextTokens(): number {
    return this.inner.contextTokens;
  }

  get supports(): ReadonlySet<CompletionFeature> {
    return this.inner.supports;
  }

  async complete(request: CompletionRequest, signal: AbortSignal): Promise<Completion> {
    if (signal.aborted) return this.inner.complete(request, signal);
    const release = this.recorder.hold(request, this.price);
    try {
      const completion = await this.inner.complete(request, signal);
      return { ...completion, usage: this.finish(request, completion.usage) };
    } catch (error) {
      this.fail(request, error, signal, "");
      throw error;
    } finally {
      release();
    }
  }

  async *stream(request: CompletionRequest, signal: AbortSignal): AsyncGenerator<CompletionEvent, void, undefined> {
    if (signal.aborted) {
      yield* this.inner.stream(request, signal);
      return;
    }
    const release = this.recorder.hold(request, this.price);
    let written = "";
    let ended = false;
    try {
      for await (const event of this.inner.stream(request, signal)) {
        if (event.type === "finish") {
          ended = true;
          yield { ...event, usage: this.finish(request, event.usage) };
          continue;
        }
        if (event.type === "delta") written += event.text;
        else if (event.type === "tool-arguments") written += event.json;
        yield event;
      }
    } catch (error) {
      if (!ended) this.fail(request, error, signal, written);
      ended = true;
      throw error;
    } finally {
      release();
      // Whoever reads has left.
      if (!ended) this.recordUncounted(request, "cancelled", written);
    }
  }

  async close(): Promise<void> {
    await this.inner.close?.();
  }

  private finish(request: CompletionRequest, counted: Usage): Usage {
    const usage = priced(counted, this.price);
    this.record(request, usage, "finished");
    return usage;
  }

  private fail(request: CompletionRequest, error: unknown, signal: AbortSignal, written: string): void {
    // A vendor that is too slow is given up by the signal, and may ask money for what it did all the same.
    const isTooSlow = signal.aborted && abortError(signal).code === "vendor-unavailable";
    const outcome = signal.aborted && !isTooSlow ? "cancelled" : "failed";
    const unbilled = written === "" && error instanceof ServiceError && UNBILLED.has(error.code);
    if (unbilled && !signal.aborted) this.record(request, NOTHING, outcome);
    else this.recordUncounted(request, outcome, written);
  }

  private record(request: CompletionRequest, usage: Usage, outcome: UsageRecord["outcome"]): void {
    const { model } = this;
    this.recorder.record({ model, ...originOf(request), usage, estimated: false, outcome });
  }

  private recordUncounted(request: CompletionRequest, outcome: "cancelled" | "failed", written: string): void {
    const { model, price } = this;
    this.recorder.recordUncounted({ model, outcome, price, request, written });
  }
}
