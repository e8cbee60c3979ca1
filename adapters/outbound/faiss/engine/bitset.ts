/** A set of slots, a bit each; grows as slots are added. */
export class Bitset {
  private words: Uint32Array<ArrayBuffer>;
  /** Slots in the set. */
  count = 0;

  /** Of the slots whose bits are set: slot 0 is the lowest bit of the first word. Empty by default. */
  constructor(words = new Uint32Array(64)) {
    this.words = words;
    for (const word of words) this.count += bits(word);
  }

  has(slot: number): boolean {
    return (((this.words[slot >>> 5] ?? 0) >>> (slot & 31)) & 1) === 1;
  }

  add(slot: number): void {
    if (this.has(slot)) return;
    const word = slot >>> 5;
    if (word >= this.words.length) {
      const grown = new Uint32Array(Math.max(this.words.length * 2, word + 1));
      grown.set(this.words);
      this.words = grown;
    }
    this.words[word] = (this.words[word] ?? 0) | (1 << (slot & 31));
    this.count += 1;
  }

  delete(slot: number): void {
    if (!this.has(slot)) return;
    const word = slot >>> 5;
    this.words[word] = (this.words[word] ?? 0) & ~(1 << (slot & 31));
    this.count -= 1;
  }

  copy(): Bitset {
    return new Bitset(this.words.slice());
  }

  /** Slots that are in both sets. */
  intersection(other: Bitset): Bitset {
    return new Bitset(this.words.map((word, index) => word & (other.words[index] ?? 0)));
  }

  /** Slots of this set that the other one has not. */
  without(other: Bitset): Bitset {
    return new Bitset(this.words.map((word, index) => word & ~(other.words[index] ?? 0)));
  }

  /** Slots in rising order. */
  *[Symbol.iterator](): Generator<number> {
    for (const [index, word] of this.words.entries()) {
      for (let rest = word; rest !== 0; rest &= rest - 1) yield index * 32 + 31 - Math.clz32(rest & -rest);
    }
  }
}

function bits(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
