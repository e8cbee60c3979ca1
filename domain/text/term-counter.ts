import type { Language } from "./language.ts";
import { TextAnalysis } from "./text-analysis.ts";

/** Counts the terms that `analyze` gives for some texts, without making them. What it learns of words serves later texts. */
export class TermCounter {
  /** How many distinct terms there are since `begin`. */
  distinct = 0;
  /** The sum of their counts. */
  total = 0;
  private readonly analysis = new TextAnalysis();
  /** The numbers of the distinct terms by place, the first `distinct` of them. */
  private numbers = new Int32Array(0);
  /** By number; 0 for a term that has not been counted. */
  private counts = new Uint32Array(0);

  /** Forgets what has been counted. */
  begin(): void {
    for (let place = 0; place < this.distinct; place++) this.counts[this.numbers[place] ?? 0] = 0;
    this.distinct = 0;
    this.total = 0;
    this.analysis.begin();
    if (this.analysis.terms.size === 0) this.makeRoomFor(0);
  }

  /** Counts each term of a text in that language `weight` times, a whole number from 0. */
  add(text: string, language: Language, weight = 1): void {
    if (weight === 0) return;
    const { analysis } = this;
    const first = analysis.count;
    analysis.add(text, language);
    if (analysis.terms.size > this.counts.length) this.makeRoomFor(2 * analysis.terms.size);
    const { numbers, counts } = this;
    let { distinct } = this;
    for (let index = first; index < analysis.count; index++) {
      const number = analysis.numbers[index] ?? 0;
      const count = counts[number] ?? 0;
      if (count === 0) numbers[distinct++] = number;
      counts[number] = count + weight;
    }
    this.distinct = distinct;
    this.total += (analysis.count - first) * weight;
  }

  /** See `termFingerprint`; places are from 0 on, in the order in which the terms first occurred. */
  fingerprintAt(place: number): number {
    return this.analysis.terms.fingerprintOf(this.numbers[place] ?? 0);
  }

  /** How often the term at this place counts, at least 1. */
  countAt(place: number): number {
    return this.counts[this.numbers[place] ?? 0] ?? 0;
  }

  private makeRoomFor(terms: number): void {
    const numbers = new Int32Array(terms);
    numbers.set(this.numbers.subarray(0, this.distinct));
    const counts = new Uint32Array(terms);
    counts.set(this.counts.subarray(0, terms));
    this.numbers = numbers;
    this.counts = counts;
  }
}
