import type { FinishReason, Usage } from "../../../domain/answer.ts";
import type { CompletionFeature, TokenLogprob, ToolCall } from "../../../domain/chat.ts";
import { collectCompletion } from "../../../domain/collect-completion.ts";
import { abortError, throwIfAborted } from "../../../domain/errors.ts";
import type {
  Completion,
  CompletionEvent,
  CompletionPort,
  CompletionRequest,
} from "../../../domain/ports/completion-port.ts";
import { warnUnsupported } from "../../../domain/unsupported-parameters.ts";

/** What a model says. */
export interface FakeAnswer {
  /** The text, cut as it is to arrive; none of them empty. */
  readonly deltas: readonly string[];
  /** How likely the tokens of each delta were; told to whoever asks. Default: []. */
  readonly logprobs?: readonly (readonly TokenLogprob[])[];
  /** After the text; default: []. */
  readonly toolCalls?: readonly ToolCall[];
  /** Default: stop. */
  readonly finishReason?: FinishReason;
  /** Default: zeros. */
  readonly usage?: Usage;
  /** Default: []. */
  readonly warnings?: readonly string[];
}

/** A completion that waits in the test's hand. */
export interface HeldCompletion {
  /** Resolves once a completion waits. */
  readonly reached: Promise<void>;
  /** Resolves once a completion was aborted, or its iteration left, before its end. */
  readonly stopped: Promise<void>;
  /** Lets waiting and later completions go on. */
  release(): void;
}

interface Hold {
  readonly afterDeltas: number;
  readonly reached: PromiseWithResolvers<void>;
  readonly stopped: PromiseWithResolvers<void>;
  readonly released: PromiseWithResolvers<void>;
}

/** A model whose answers, delays and failures the test scripts; it records what it was asked. */
export class FakeCompletion implements CompletionPort {
  readonly contextTokens: number;
  readonly supports: ReadonlySet<CompletionFeature>;
  /** Requests in the order in which they came. */
  readonly requests: CompletionRequest[] = [];
  closed = false;
  private answerTo: (request: CompletionRequest) => FakeAnswer;
  private readonly failures: { readonly error: Error; readonly afterDeltas: number }[] = [];
  private held: Hold | undefined;

  /** The same answer to every request, or one chosen by it. */
  constructor(
    answer: FakeAnswer | ((request: CompletionRequest) => FakeAnswer) = { deltas: ["Yes."] },
    contextTokens = 8192,
    supports: readonly CompletionFeature[] = ["temperature"],
  ) {
    this.answerTo = typeof answer === "function" ? answer : () => answer;
    this.contextTokens = contextTokens;
    this.supports = new Set(supports);
  }

  /** Replaces the answer, from the next call on. */
  answerWith(answer: FakeAnswer | ((request: CompletionRequest) => FakeAnswer)): void {
    this.answerTo = typeof answer === "function" ? answer : () => answer;
  }

  /** Makes the next call fail once so many deltas are out; called twice, the next two, and so on. */
  failNext(error: Error, afterDeltas = 0): void {
    this.failures.push({ error, afterDeltas });
  }

  /** Makes calls wait once so many deltas are out, from now on, until they are released, aborted or left. */
  hold(afterDeltas = 0): HeldCompletion {
    const reached = Promise.withResolvers<void>();
    const stopped = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    this.held = { afterDeltas, reached, stopped, released };
    const release = () => {
      this.held = undefined;
      released.resolve();
    };
    return { reached: reached.promise, stopped: stopped.promise, release };
  }

  async complete(request: CompletionRequest, signal: AbortSignal): Promise<Completion> {
    return collectCompletion(this.stream(request, signal));
  }

  async *stream(request: CompletionRequest, signal: AbortSignal): AsyncGenerator<CompletionEvent, void, undefined> {
    throwIfAborted(signal);
    this.requests.push(request);
    const answer = this.answerTo(request);
    const { deltas, toolCalls = [], finishReason = "stop", usage = NO_USAGE } = answer;
    const warnings = [...(answer.warnings ?? []), ...warnUnsupported(request, this.supports)];
    const { held } = this;
    const failure = this.failures.shift();
    const pass = async (index: number) => {
      if (held?.afterDeltas === index) await waitFor(held, signal);
      throwIfAborted(signal);
      if (failure?.afterDeltas === index) throw failure.error;
    };
    let ended = false;
    try {
      for (const [index, text] of deltas.entries()) {
        await pass(index);
        const logprobs = request.topLogprobs === undefined ? undefined : answer.logprobs?.[index];
        yield { type: "delta", text, ...(logprobs === undefined ? {} : { logprobs }) };
      }
      await pass(deltas.length);
      for (const [index, { id, name, arguments: json }] of toolCalls.entries()) {
        yield { type: "tool-call", index, id, name };
        yield { type: "tool-arguments", index, json };
      }
      ended = true;
      yield { type: "finish", finishReason, usage, warnings };
    } finally {
      if (!ended) held?.stopped.resolve();
    }
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 };

async function waitFor({ reached, released }: Hold, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(abortError(signal));
  signal.addEventListener("abort", abort, { once: true });
  reached.resolve();
  await Promise.race([released.promise, aborted.promise]).finally(() => signal.removeEventListener("abort", abort));
}
