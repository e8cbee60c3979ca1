import type { Answers } from "../../application/answers.ts";
import { SharedAnswer } from "../../application/shared-answer.ts";
import { abortable } from "../../domain/abortable.ts";
import type { AnswerEvent, CacheOutcome } from "../../domain/answer.ts";
import { ServiceError, throwIfAborted } from "../../domain/errors.ts";
import type { EmbeddingPort } from "../../domain/ports/embedding-port.ts";
import type { Question } from "../../domain/question.ts";
import { AnswerStore, type Meaning, type StoreLimits } from "./answer-store.ts";
import { type CacheKey, cacheKeyOf } from "./cache-key.ts";

export interface AnswerCacheSettings extends StoreLimits {
  /** What looking into the cache may cost a request at most. */
  readonly timeoutMs: number;
  /** What tells which questions mean the same; absent where only the very same question is answered from the cache. */
  readonly semantic?: { readonly embedder: EmbeddingPort; readonly threshold: number };
}

/** What an answer under way may come to and still be kept. */
const MAX_ANSWER_BYTES = 1024 * 1024;

const TOO_LATE = new ServiceError("timeout", "The cache took too long.");

/** What the cache knows of a question. */
interface Place extends CacheKey {
  /** Alike only where the same is asked on the same account: nobody meets the limits of another key, nor pays for it. */
  readonly shared: string;
  readonly meaning: Meaning | undefined;
}

/**
 * Answers what was asked before from memory, as long as the corpus holds the same, and what is being answered once for all who
 * ask it meanwhile on the same account. Kept are whole answers without warnings: those that ended of their own accord, or for want of an answer.
 */
export class CachedAnswers implements Answers {
  private readonly answers: Answers;
  private readonly versionOf: (search: string, signal: AbortSignal) => Promise<string | undefined>;
  private readonly settings: AnswerCacheSettings;
  private readonly store: AnswerStore;
  /** By `shared`. */
  private readonly underWay = new Map<string, SharedAnswer>();

  /** @param versionOf what a search answers from now; undefined where that cannot be known, and nothing is kept of it then */
  constructor(
    answers: Answers,
    versionOf: (search: string, signal: AbortSignal) => Promise<string | undefined>,
    settings: AnswerCacheSettings,
    now?: () => number,
  ) {
    this.answers = answers;
    this.versionOf = versionOf;
    this.settings = settings;
    this.store = new AnswerStore(settings, now);
  }

  /** Bytes of the answers that are kept. */
  get bytes(): number {
    return this.store.bytes;
  }

  async *stream(question: Question, signal: AbortSignal): AsyncGenerator<AnswerEvent, void, undefined> {
    const startedAt = performance.now();
    const place = question.noStore ? undefined : await this.placeOf(question, signal);
    if (place === undefined) {
      yield { type: "cache", outcome: "bypass" };
      yield* this.answers.stream(question, signal);
      return;
    }
    throwIfAborted(signal);
    const [outcome, answer] = this.find(place, question);
    for await (const event of answer.read(signal, { type: "cache", outcome })) {
      const costsNothing = event.type === "done" && outcome !== "miss";
      yield costsNothing ? replayed(event, performance.now() - startedAt) : event;
    }
  }

  private find(place: Place, question: Question): readonly [CacheOutcome, SharedAnswer] {
    const { exact, shared, meaning } = place;
    const kept = this.store.get(exact);
    if (kept !== undefined) return ["hit", kept];
    const { semantic } = this.settings;
    const similar =
      semantic === undefined || meaning === undefined ? undefined : this.store.getSimilar(meaning, semantic.threshold);
    if (similar !== undefined) return ["semantic-hit", similar];
    const joined = this.underWay.get(shared);
    if (joined !== undefined) return ["joined", joined];
    return ["miss", this.begin(place, question)];
  }

  private begin({ exact, shared, meaning }: Place, question: Question): SharedAnswer {
    const start = (signal: AbortSignal) =>
      watched(this.answers.stream(question, signal), (event) => {
        keeps = isLasting(event);
      });
    let keeps = false;
    const answer = new SharedAnswer(start, MAX_ANSWER_BYTES, () => {
      this.underWay.delete(shared);
      if (answer.isWhole && answer.outcome === "done" && keeps) this.store.set(exact, answer, meaning);
    });
    this.underWay.set(shared, answer);
    return answer;
  }

  /** Undefined where the cache cannot tell in time, or fails: the question is then answered without it. */
  private async placeOf(question: Question, signal: AbortSignal): Promise<Place | undefined> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(TOO_LATE), this.settings.timeoutMs);
    const looking = AbortSignal.any([signal, late.signal]);
    try {
      const version = await abortable(this.versionOf(question.search, looking), looking);
      if (version === undefined) return undefined;
      const key = cacheKeyOf(question, version);
      const shared = JSON.stringify([question.account ?? "", key.exact]);
      const isKnown = this.store.get(key.exact) !== undefined || this.underWay.has(shared);
      const meaning =
        isKnown || key.scope === undefined ? undefined : await this.meaningOf(question, key.scope, looking);
      return { ...key, shared, meaning };
    } catch (error) {
      if (!(error instanceof ServiceError) || signal.aborted) throw error;
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Undefined where no embedder is named, or it is late or fails: the very same question is found all the same. */
  private async meaningOf({ prompt }: Question, scope: string, signal: AbortSignal): Promise<Meaning | undefined> {
    const embedder = this.settings.semantic?.embedder;
    if (embedder === undefined) return undefined;
    try {
      const [vector] = await abortable(embedder.embed({ texts: [prompt], purpose: "query" }, signal), signal);
      return vector === undefined ? undefined : { scope, prompt, vector };
    } catch (error) {
      if (error instanceof ServiceError) return undefined;
      throw error;
    }
  }
}

async function* watched(events: AsyncIterable<AnswerEvent>, see: (event: AnswerEvent) => void) {
  for await (const event of events) {
    see(event);
    yield event;
  }
}

/** Whether the end of an answer says that the same would be answered again. */
function isLasting(event: AnswerEvent): boolean {
  if (event.type !== "done") return false;
  return event.warnings.length === 0 && (event.finishReason === "stop" || event.finishReason === "no-answer");
}

/** The end of an answer that was made for somebody else, which has cost nothing. */
function replayed(event: Extract<AnswerEvent, { type: "done" }>, totalMs: number): AnswerEvent {
  const usage = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 };
  return {
    ...event,
    usage: event.usage.costUsd === undefined ? usage : { ...usage, costUsd: 0 },
    timing: { embedMs: 0, retrieveMs: 0, completeMs: 0, totalMs },
  };
}
