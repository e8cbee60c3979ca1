/** A set of slots, a bit each; grows as slots are added. */
export class Bitset {
  private words = new Uint32Array(64);
  /** Slots in the set. */
  count = 0;

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
    const copy = new Bitset();
    copy.words = this.words.slice();
    copy.count = this.count;
    return copy;
  }

  /** Slots that are in both sets. */
  intersection(other: Bitset): Bitset {
    const both = new Bitset();
    both.words = this.words.map((word, index) => word & (other.words[index] ?? 0));
    for (const word of both.words) both.count += bits(word);
    return both;
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
