import type { Usage } from "../../domain/answer.ts";
import { originOf } from "../../domain/origin.ts";
import type { CompletionRequest } from "../../domain/ports/completion-port.ts";
import type { TokenizerPort } from "../../domain/ports/tokenizer-port.ts";
import { textOf } from "../../domain/prompt.ts";
import { estimateInput, estimateText } from "./estimate-tokens.ts";
import { costOf, type Price } from "./price.ts";
import type { SpendingGate, UsageListener, UsageRecord } from "./usage-record.ts";

/** Calls that wait to be estimated at most, since each holds its prompt. */
const MAX_WAITING = 256;

/** Of English text about; of Chinese there are three to a character, which is about one token. */
const BYTES_PER_TOKEN = 4;

/** A call whose vendor has not told what it used. */
export interface UncountedCall extends Pick<UsageRecord, "model"> {
  readonly outcome: "cancelled" | "failed";
  readonly price: Price | undefined;
  readonly request: CompletionRequest;
  /** What it wrote until then. */
  readonly written: string;
}

/** Tells whoever listens what each call of a model used. */
export class UsageRecorder {
  private readonly tokenizer: TokenizerPort;
  private readonly listeners: UsageListener[] = [];
  private gate: SpendingGate | undefined;
  private readonly waiting: UncountedCall[] = [];

  constructor(tokenizer: TokenizerPort) {
    this.tokenizer = tokenizer;
  }

  /** Has the listener hear of every record from now on. */
  subscribe(listener: UsageListener): void {
    this.listeners.push(listener);
  }

  /** Has the gate asked before every call on an account, from now on. */
  guard(gate: SpendingGate): void {
    this.gate = gate;
  }

  /**
   * Holds what the call may come to. Returns what gives it back.
   * @throws ServiceError limit-exceeded where its account has nothing left
   */
  hold(request: CompletionRequest, price: Price | undefined): () => void {
    if (this.gate === undefined || request.account === undefined) return () => {};
    const usage = mostUsage(request);
    const usd = price === undefined ? 0 : costOf(usage, price);
    return this.gate.hold(request.account, usage.inputTokens + usage.outputTokens, usd);
  }

  record(record: UsageRecord): void {
    for (const listen of this.listeners) listen(record);
  }

  /** Estimates what the call used, and records it: one call at a time, each when other work has had its turn. */
  recordUncounted(call: UncountedCall): void {
    if (this.waiting.length >= MAX_WAITING) this.estimateOne();
    this.waiting.push(call);
    if (this.waiting.length === 1) setImmediate(this.estimateNext);
  }

  /** Records what waits. */
  close(): void {
    while (this.waiting.length > 0) this.estimateOne();
  }

  private readonly estimateNext = (): void => {
    this.estimateOne();
    if (this.waiting.length > 0) setImmediate(this.estimateNext);
  };

  private estimateOne(): void {
    const call = this.waiting.shift();
    if (call === undefined) return;
    const { model, outcome, price, request, written } = call;
    const usage: Usage = {
      inputTokens: estimateInput(request, this.tokenizer),
      outputTokens: estimateText(written, this.tokenizer),
      cachedInputTokens: 0,
    };
    this.record({
      model,
      ...originOf(request),
      usage: priced(usage, price),
      estimated: true,
      outcome,
    });
  }
}

/** Output that a call is taken to come to where nobody bounds it: what answers are bounded to where a question does not say. */
const UNBOUNDED_OUTPUT_TOKENS = 1_024;

/** What a call may come to, guessed without a tokenizer's work: it is to be known before each call. */
function mostUsage({ prompt, maxTokens = UNBOUNDED_OUTPUT_TOKENS }: CompletionRequest): Usage {
  const bytes = [prompt.system, ...prompt.messages.map(textOf)].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return { inputTokens: Math.ceil(bytes / BYTES_PER_TOKEN), outputTokens: maxTokens, cachedInputTokens: 0 };
}

/** The usage with its cost, where there is a price. */
export function priced(usage: Usage, price: Price | undefined): Usage {
  return price === undefined ? usage : { ...usage, costUsd: costOf(usage, price) };
}
