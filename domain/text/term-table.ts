import { termFingerprint } from "./term-fingerprint.ts";

const FIRST_CAPACITY = 1024;

/** V8 keeps a shorter part of a string as a copy, and for a longer one the whole string. */
const MIN_LENGTH_OF_VIEW = 13;

function copyOf(term: string): string {
  if (term.length < MIN_LENGTH_OF_VIEW) return term;
  return String.fromCharCode(...Array.from({ length: term.length }, (_, index) => term.charCodeAt(index)));
}

/** Numbers terms from 0 on, in the order in which they are met; a term is the same where its fingerprint is. */
export class TermTable {
  private count = 0;
  private fingerprints = new Float64Array(FIRST_CAPACITY);
  private terms: string[] = [];
  /** A hash table with open addressing: the number of a term plus 1, or 0; a power of two, and at least twice the terms. */
  private slots = new Int32Array(2 * FIRST_CAPACITY);

  get size(): number {
    return this.count;
  }

  /** The number of the term that stands from `start` to `end` of a text; a new one where it has not been met. */
  numberOf(text: string, start = 0, end = text.length): number {
    const fingerprint = termFingerprint(text, start, end);
    const mask = this.slots.length - 1;
    let slot = fingerprint & mask;
    for (;;) {
      const number = (this.slots[slot] ?? 0) - 1;
      if (number < 0) return this.add(fingerprint, text.slice(start, end), slot);
      if (this.fingerprints[number] === fingerprint) return number;
      slot = (slot + 1) & mask;
    }
  }

  fingerprintOf(number: number): number {
    return this.fingerprints[number] ?? 0;
  }

  termOf(number: number): string {
    return this.terms[number] ?? "";
  }

  clear(): void {
    this.count = 0;
    this.fingerprints = new Float64Array(FIRST_CAPACITY);
    this.terms = [];
    this.slots = new Int32Array(2 * FIRST_CAPACITY);
  }

  private add(fingerprint: number, term: string, slot: number): number {
    const number = this.count++;
    this.fingerprints[number] = fingerprint;
    this.terms.push(copyOf(term));
    this.slots[slot] = number + 1;
    if (this.count === this.fingerprints.length) this.grow();
    return number;
  }

  private grow(): void {
    const fingerprints = new Float64Array(2 * this.count);
    fingerprints.set(this.fingerprints);
    this.fingerprints = fingerprints;
    this.slots = new Int32Array(4 * this.count);
    const mask = this.slots.length - 1;
    for (let number = 0; number < this.count; number++) {
      let slot = this.fingerprintOf(number) & mask;
      while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
      this.slots[slot] = number + 1;
    }
  }
}
