import { detectLanguage } from "../../../domain/text/language.ts";
import { TermCounter } from "../../../domain/text/term-counter.ts";

/** How often each term of a text occurs, by the term's fingerprint. */
export type TermCounts = ReadonlyMap<number, number>;

const counter = new TermCounter();

export function countTerms(text: string): TermCounts {
  counter.begin();
  counter.add(text, detectLanguage(text));
  const counts = new Map<number, number>();
  for (let place = 0; place < counter.distinct; place++) {
    counts.set(counter.fingerprintAt(place), counter.countAt(place));
  }
  return counts;
}

/** In a handful of texts a term of all of them would weigh nothing, and texts that are alike would have no vector. */
const LEAST_WEIGHT = 0.01;

/** The terms that a model knows, each with its position and its weight in any text. */
export class Vocabulary {
  readonly fingerprints: Float64Array;
  /** In (0, 1], by position: 1 for a term of one text, near 0 for one spread evenly over all. */
  readonly weights: Float32Array;
  private readonly positions: ReadonlyMap<number, number>;

  constructor(fingerprints: Float64Array, weights: Float32Array) {
    this.fingerprints = fingerprints;
    this.weights = weights;
    this.positions = new Map(Array.from(fingerprints, (fingerprint, position) => [fingerprint, position]));
  }

  get size(): number {
    return this.fingerprints.length;
  }

  /**
   * The terms of a sample, at most `maxTerms`, those of the most texts. Their weights are 1 minus the normalised entropy
   * of their distribution over the texts (Dumais 1991, https://doi.org/10.3758/BF03203370).
   */
  static of(texts: readonly TermCounts[], maxTerms: number): Vocabulary {
    const totals = new Map<number, { texts: number; occurrences: number; entropy: number }>();
    for (const counts of texts) {
      for (const [fingerprint, count] of counts) {
        const total = totals.get(fingerprint) ?? { texts: 0, occurrences: 0, entropy: 0 };
        total.texts += 1;
        total.occurrences += count;
        total.entropy -= count * Math.log(count);
        totals.set(fingerprint, total);
      }
    }
    const kept = [...totals]
      .sort((left, right) => right[1].texts - left[1].texts || left[0] - right[0])
      .slice(0, maxTerms);
    const most = Math.log(Math.max(2, texts.length));
    // With n of N occurrences in a text, -sum(n/N ln n/N) = ln N - sum(n ln n) / N.
    const weights = kept.map(
      ([, { occurrences, entropy }]) => 1 - (Math.log(occurrences) + entropy / occurrences) / most,
    );
    return new Vocabulary(
      Float64Array.from(kept, ([fingerprint]) => fingerprint),
      Float32Array.from(weights, (weight) => Math.max(LEAST_WEIGHT, weight)),
    );
  }

  /** The known terms of a text by position, weighted: (1 + ln count) times the weight of the term. */
  *weigh(counts: TermCounts): Generator<readonly [position: number, weight: number]> {
    for (const [fingerprint, count] of counts) {
      const position = this.positions.get(fingerprint);
      if (position === undefined) continue;
      yield [position, (1 + Math.log(count)) * (this.weights[position] ?? 0)];
    }
  }
}
