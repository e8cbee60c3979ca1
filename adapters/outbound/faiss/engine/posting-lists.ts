const MAX_ORDINAL = 2 ** 24 - 1;
const INITIAL_TERMS = 1024;
const MAX_SIZES = 32;

/** The fields of a term: where its postings start, how many there are, for how many there is room (2^size), the last epoch of `retain`. */
const FIELDS = 4;
const START = 0;
const COUNT = 1;
const SIZE = 2;
const EPOCH = 3;

type Numbers = Float64Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** A copy of the numbers with room for `length` of them. */
export function grown<Kind extends Numbers>(numbers: Kind, length: number): Kind {
  const larger = new (numbers.constructor as new (length: number) => Kind)(length);
  larger.set(numbers);
  return larger;
}

/**
 * The postings of every term, packed: a posting is 32 bits, the passage's ordinal (below 2^24) above its frequency in
 * the passage (1 to 255). All lists share one arena; a full one moves to room twice as large, and the room that it
 * leaves is given to another. Terms are known by their fingerprints and get numbers from 0.
 */
export class PostingLists {
  // Open addressing: at one place the fingerprint, and the number of its term + 1, which is 0 where the place is free.
  private keys = new Float64Array(2 * INITIAL_TERMS);
  private numbers = new Uint32Array(2 * INITIAL_TERMS);
  private terms = 0;
  // Of each term side by side, so that one cache line has them all.
  private fields = new Uint32Array(FIELDS * INITIAL_TERMS);
  private arena = new Uint32Array(4 * INITIAL_TERMS);
  private used = 0;
  private readonly vacant: readonly number[][] = Array.from({ length: MAX_SIZES }, () => []);

  /** The number of a term, or -1 for one that has never had a posting. */
  find(fingerprint: number): number {
    return (this.numbers[this.placeOf(fingerprint)] ?? 0) - 1;
  }

  /** @throws RangeError for an ordinal of 2^24 or more. */
  append(fingerprint: number, ordinal: number, frequency: number): void {
    if (ordinal > MAX_ORDINAL) throw new RangeError(`The lexical index holds at most ${MAX_ORDINAL + 1} passages`);
    const term = this.findOrCreate(fingerprint);
    const count = this.field(term, COUNT);
    const size = this.field(term, SIZE);
    if (count === 1 << size) this.move(term, size + 1);
    this.arena[this.field(term, START) + count] = (ordinal << 8) | frequency;
    this.fields[FIELDS * term + COUNT] = count + 1;
  }

  /** The postings of a term as they stand in the arena; not to be kept past the next `append` or `retain`. */
  postings(term: number): Uint32Array {
    const start = this.field(term, START);
    return this.arena.subarray(start, start + this.field(term, COUNT));
  }

  /** Drops the postings of a term that are not to be kept, once for each epoch (from 1, rising); the others stay in order. */
  retain(term: number, epoch: number, keeps: (ordinal: number) => boolean): void {
    if (this.field(term, EPOCH) === epoch) return;
    this.fields[FIELDS * term + EPOCH] = epoch;
    const postings = this.postings(term);
    let kept = 0;
    for (const posting of postings) if (keeps(posting >>> 8)) postings[kept++] = posting;
    this.fields[FIELDS * term + COUNT] = kept;
  }

  /** Every term with its fingerprint. */
  *entries(): Generator<{ readonly fingerprint: number; readonly term: number }> {
    for (const [place, number] of this.numbers.entries()) {
      if (number > 0) yield { fingerprint: this.keys[place] ?? 0, term: number - 1 };
    }
  }

  private placeOf(fingerprint: number): number {
    const mask = this.keys.length - 1;
    let place = (fingerprint >>> 0) & mask;
    while (this.numbers[place] !== 0 && this.keys[place] !== fingerprint) place = (place + 1) & mask;
    return place;
  }

  private findOrCreate(fingerprint: number): number {
    const place = this.placeOf(fingerprint);
    const known = this.numbers[place] ?? 0;
    if (known > 0) return known - 1;
    const term = this.terms++;
    this.keys[place] = fingerprint;
    this.numbers[place] = this.terms;
    if (FIELDS * term === this.fields.length) this.fields = grown(this.fields, 2 * this.fields.length);
    this.fields[FIELDS * term + START] = this.room(0);
    if (2 * this.terms > this.keys.length) this.growTable();
    return term;
  }

  private growTable(): void {
    const { keys, numbers } = this;
    this.keys = new Float64Array(2 * keys.length);
    this.numbers = new Uint32Array(this.keys.length);
    for (let from = 0; from < numbers.length; from++) {
      const number = numbers[from] ?? 0;
      if (number === 0) continue;
      const fingerprint = keys[from] ?? 0;
      const place = this.placeOf(fingerprint);
      this.keys[place] = fingerprint;
      this.numbers[place] = number;
    }
  }

  /** Start of room for 2^size postings. */
  private room(size: number): number {
    const left = this.vacant[size]?.pop();
    if (left !== undefined) return left;
    const start = this.used;
    this.used += 1 << size;
    if (this.used > this.arena.length) this.arena = grown(this.arena, Math.max(2 * this.arena.length, this.used));
    return start;
  }

  private move(term: number, size: number): void {
    const from = this.field(term, START);
    const to = this.room(size);
    this.arena.copyWithin(to, from, from + this.field(term, COUNT));
    this.vacant[size - 1]?.push(from);
    this.fields[FIELDS * term + START] = to;
    this.fields[FIELDS * term + SIZE] = size;
  }

  private field(term: number, field: number): number {
    return this.fields[FIELDS * term + field] ?? 0;
  }
}
