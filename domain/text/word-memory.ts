const MAX_WORDS = 50_000;
const MAX_WORD_LENGTH = 32;
const MAX_UNITS = 12 * MAX_WORDS;
const MAX_TERMS = 3 * MAX_WORDS;
const SLOTS = 2 ** 17;

/**
 * The numbers of the terms of words seen lately: most words of a text are old acquaintances. Bounded in words, letters
 * and terms; forgets everything where it would hold more.
 */
export class WordMemory {
  private count = 0;
  private readonly hashes = new Int32Array(MAX_WORDS);
  private readonly units = new Uint16Array(MAX_UNITS);
  private readonly unitEnds = new Int32Array(MAX_WORDS + 1);
  private readonly terms = new Int32Array(MAX_TERMS);
  private readonly termEnds = new Int32Array(MAX_WORDS + 1);
  /** A hash table with open addressing: the number of a word, from 1 on, or 0. */
  private readonly slots = new Int32Array(SLOTS);

  /** The number of the word that stands from `start` to `end` of a text, or 0; valid until the next call of `remember`. */
  find(text: string, start: number, end: number, hash: number): number {
    for (let slot = slotOf(hash); ; slot = (slot + 1) & (SLOTS - 1)) {
      const word = this.slots[slot] ?? 0;
      if (word === 0 || (this.hashes[word - 1] === hash && this.isSame(word, text, start, end))) return word;
    }
  }

  /** The terms of a word that `find` gave are those from `firstTerm` to before `endOfTerms`, to be asked of `termAt`. */
  firstTerm(word: number): number {
    return this.termEnds[word - 1] ?? 0;
  }

  endOfTerms(word: number): number {
    return this.termEnds[word] ?? 0;
  }

  termAt(index: number): number {
    return this.terms[index] ?? 0;
  }

  /** Keeps the terms of a word that `find` did not know; a very long word is not worth it. */
  remember(word: string, hash: number, terms: readonly number[]): void {
    if (word.length > MAX_WORD_LENGTH) return;
    if (!this.hasRoomFor(word.length, terms.length)) this.clear();
    let unit = this.unitEnds[this.count] ?? 0;
    for (let index = 0; index < word.length; index++) this.units[unit++] = word.charCodeAt(index);
    const term = this.termEnds[this.count] ?? 0;
    this.terms.set(terms, term);
    this.hashes[this.count++] = hash;
    this.unitEnds[this.count] = unit;
    this.termEnds[this.count] = term + terms.length;
    let slot = slotOf(hash);
    while (this.slots[slot] !== 0) slot = (slot + 1) & (SLOTS - 1);
    this.slots[slot] = this.count;
  }

  clear(): void {
    this.count = 0;
    this.slots.fill(0);
  }

  private hasRoomFor(units: number, terms: number): boolean {
    return (
      this.count < MAX_WORDS &&
      (this.unitEnds[this.count] ?? 0) + units <= MAX_UNITS &&
      (this.termEnds[this.count] ?? 0) + terms <= MAX_TERMS
    );
  }

  private isSame(word: number, text: string, start: number, end: number): boolean {
    let unit = this.unitEnds[word - 1] ?? 0;
    if (this.unitEnds[word] !== unit + end - start) return false;
    for (let index = start; index < end; index++) if (this.units[unit++] !== text.charCodeAt(index)) return false;
    return true;
  }
}

function slotOf(hash: number): number {
  return (hash ^ (hash >>> 15)) & (SLOTS - 1);
}
