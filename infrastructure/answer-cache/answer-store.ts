import type { SharedAnswer } from "../../application/shared-answer.ts";
import { numbersOf } from "../../domain/quotes.ts";

export interface StoreLimits {
  /** Of all answers that are kept, with their vectors. */
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

/** The prompt of an answer, for questions that mean the same. */
export interface Meaning {
  readonly scope: string;
  readonly prompt: string;
  /** Of unit length. */
  readonly vector: Float32Array;
}

interface Entry {
  readonly answer: SharedAnswer;
  readonly expiresAtMs: number;
  readonly bytes: number;
  readonly meaning: Meaning | undefined;
}

/** What an entry takes besides its events and its vector. */
const ENTRY_BYTES = 512;
/** Questions of one scope that a question is compared with: the newest. */
const MAX_COMPARED = 512;

/** Whole answers in memory: those that were read longest ago make room for new ones. */
export class AnswerStore {
  private readonly limits: StoreLimits;
  private readonly now: () => number;
  /** By exact key, in the order in which they were last read. */
  private readonly entries = new Map<string, Entry>();
  /** Exact keys by scope, of the entries that have a meaning, oldest first. */
  private readonly scopes = new Map<string, Set<string>>();
  /** Of all entries. */
  bytes = 0;

  /** @param now milliseconds on a clock that never goes back */
  constructor(limits: StoreLimits, now: () => number = () => performance.now()) {
    this.limits = limits;
    this.now = now;
  }

  get(key: string): SharedAnswer | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.expiresAtMs <= this.now()) {
      this.drop(key, entry);
      return undefined;
    }
    this.entries.delete(key);
    this.entries.set(key, entry);
    return entry.answer;
  }

  /** The answer to the question of the scope whose vector is nearest, at least at the threshold, with the same numbers in it. */
  getSimilar({ scope, prompt, vector }: Meaning, threshold: number): SharedAnswer | undefined {
    const numbers = numbersOf(prompt);
    let best = { key: "", similarity: threshold };
    for (const key of [...(this.scopes.get(scope) ?? [])].slice(-MAX_COMPARED)) {
      const meaning = this.entries.get(key)?.meaning;
      if (meaning === undefined) continue;
      const similarity = innerProduct(meaning.vector, vector);
      if (similarity < best.similarity) continue;
      const same = numbersOf(meaning.prompt);
      if (same.size === numbers.size && same.isSubsetOf(numbers)) best = { key, similarity };
    }
    return best.key === "" ? undefined : this.get(best.key);
  }

  /** Keeps an answer that is whole; one that is larger than all that may be kept is not. */
  set(key: string, answer: SharedAnswer, meaning: Meaning | undefined): void {
    const former = this.entries.get(key);
    if (former !== undefined) this.drop(key, former);
    const bytes = ENTRY_BYTES + answer.bytes + (meaning === undefined ? 0 : bytesOf(meaning));
    if (bytes > this.limits.maxBytes) return;
    this.entries.set(key, { answer, expiresAtMs: this.now() + this.limits.maxAgeMs, bytes, meaning });
    this.bytes += bytes;
    if (meaning !== undefined) this.scopes.set(meaning.scope, (this.scopes.get(meaning.scope) ?? new Set()).add(key));
    for (const [oldest, entry] of this.entries) {
      if (this.bytes <= this.limits.maxBytes) return;
      this.drop(oldest, entry);
    }
  }

  private drop(key: string, { bytes, meaning }: Entry): void {
    this.entries.delete(key);
    this.bytes -= bytes;
    if (meaning === undefined) return;
    const keys = this.scopes.get(meaning.scope);
    keys?.delete(key);
    if (keys?.size === 0) this.scopes.delete(meaning.scope);
  }
}

function bytesOf({ prompt, vector }: Meaning): number {
  return 2 * prompt.length + vector.byteLength;
}

function innerProduct(one: Float32Array, other: Float32Array): number {
  if (one.length !== other.length) return -1;
  let sum = 0;
  for (let index = 0; index < one.length; index++) sum += (one[index] ?? 0) * (other[index] ?? 0);
  return sum;
}
