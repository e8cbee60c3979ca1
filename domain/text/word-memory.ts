const MAX_WORDS = 50_000;
const MAX_WORD_LENGTH = 32;
const MAX_UNITS = 12 * MAX_WORDS;
const MAX_TERMS = 3 * MAX_WORDS;
const SLOTS = 2 ** 17;

/** The fields of a word side by side, so that one cache line has them all: its hash, and where its letters and terms end. */
const FIELDS = 3;
const HASH = 0;
const UNITS_END = 1;
const TERMS_END = 2;

/**
 * The numbers of the terms of words seen lately: most words of a text are old acquaintances. Bounded in words, letters
 * and terms; forgets everything where it would hold more.
 */
export class WordMemory {
  private count = 0;
  /** Of the words from 1 on; those of 0, which is no word, stay 0. */
  private readonly fields = new Int32Array(FIELDS * (MAX_WORDS + 1));
  private readonly units = new Uint16Array(MAX_UNITS);
  private readonly terms = new Int32Array(MAX_TERMS);
  /** A hash table with open addressing: the number of a word, or 0. */
  private readonly slots = new Uint16Array(SLOTS);

  /** The number of the word that stands from `start` to `end` of a text, or 0; valid until the next call of `remember`. */
  find(text: string, start: number, end: number, hash: number): number {
    for (let slot = slotOf(hash); ; slot = (slot + 1) & (SLOTS - 1)) {
      const word = this.slots[slot] ?? 0;
      if (word === 0 || (this.field(word, HASH) === hash && this.isSame(word, text, start, end))) return word;
    }
  }

  /** The terms of a word that `find` gave are those from `firstTerm` to before `endOfTerms`, to be asked of `termAt`. */
  firstTerm(word: number): number {
    return this.field(word - 1, TERMS_END);
  }

  endOfTerms(word: number): number {
    return this.field(word, TERMS_END);
  }

  termAt(index: number): number {
    return this.terms[index] ?? 0;
  }

  /** Keeps the terms of a word that `find` did not know; a very long word is not worth it. */
  remember(word: string, hash: number, terms: readonly number[]): void {
    if (word.length > MAX_WORD_LENGTH) return;
    if (!this.hasRoomFor(word.length, terms.length)) this.clear();
    let unitsEnd = this.field(this.count, UNITS_END);
    for (let index = 0; index < word.length; index++) this.units[unitsEnd++] = word.charCodeAt(index);
    let termsEnd = this.field(this.count, TERMS_END);
    for (const term of terms) this.terms[termsEnd++] = term;
    this.count += 1;
    this.fields[FIELDS * this.count + HASH] = hash;
    this.fields[FIELDS * this.count + UNITS_END] = unitsEnd;
    this.fields[FIELDS * this.count + TERMS_END] = termsEnd;
    let slot = slotOf(hash);
    while (this.slots[slot] !== 0) slot = (slot + 1) & (SLOTS - 1);
    this.slots[slot] = this.count;
  }

  clear(): void {
    this.count = 0;
    this.slots.fill(0);
  }

  private field(word: number, field: number): number {
    return this.fields[FIELDS * word + field] ?? 0;
  }

  private hasRoomFor(units: number, terms: number): boolean {
    return (
      this.count < MAX_WORDS &&
      this.field(this.count, UNITS_END) + units <= MAX_UNITS &&
      this.field(this.count, TERMS_END) + terms <= MAX_TERMS
    );
  }

  private isSame(word: number, text: string, start: number, end: number): boolean {
    let unit = this.field(word - 1, UNITS_END);
    if (this.field(word, UNITS_END) !== unit + end - start) return false;
    for (let index = start; index < end; index++) if (this.units[unit++] !== text.charCodeAt(index)) return false;
    return true;
  }
}

function slotOf(hash: number): number {
  return (hash ^ (hash >>> 15)) & (SLOTS - 1);
}
