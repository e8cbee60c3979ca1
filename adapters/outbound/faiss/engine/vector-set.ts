/** A few vectors by slot, side by side in memory, scanned as a whole. */
export class VectorSet {
  private readonly dimensions: number;
  private readonly positions = new Map<number, number>();
  private readonly owners: number[] = [];
  private numbers = new Float32Array(0);

  constructor(dimensions: number) {
    this.dimensions = dimensions;
  }

  get size(): number {
    return this.owners.length;
  }

  add(slot: number, vector: Float32Array): void {
    const position = this.owners.length;
    if ((position + 1) * this.dimensions > this.numbers.length) {
      const grown = new Float32Array(Math.max(64, position * 2) * this.dimensions);
      grown.set(this.numbers);
      this.numbers = grown;
    }
    this.numbers.set(vector, position * this.dimensions);
    this.owners.push(slot);
    this.positions.set(slot, position);
  }

  /** The last vector moves into the gap. */
  delete(slot: number): void {
    const position = this.positions.get(slot);
    if (position === undefined) return;
    const last = this.owners.pop() ?? slot;
    this.positions.delete(slot);
    if (last === slot) return;
    this.numbers.copyWithin(
      position * this.dimensions,
      this.owners.length * this.dimensions,
      (this.owners.length + 1) * this.dimensions,
    );
    this.owners[position] = last;
    this.positions.set(last, position);
  }

  /** Takes up to `limit` vectors out. */
  take(limit: number): { readonly slots: readonly number[]; readonly vectors: readonly Float32Array[] } {
    const slots = this.owners.slice(-limit);
    const vectors = slots.map((slot) => {
      const start = (this.positions.get(slot) ?? 0) * this.dimensions;
      return this.numbers.slice(start, start + this.dimensions);
    });
    for (const slot of slots) this.delete(slot);
    return { slots, vectors };
  }

  clear(): void {
    this.owners.length = 0;
    this.positions.clear();
  }

  /** Inner product of the query with each vector. */
  scan(query: Float32Array, found: (slot: number, score: number) => void): void {
    for (const [position, slot] of this.owners.entries()) {
      let score = 0;
      const start = position * this.dimensions;
      for (let index = 0; index < this.dimensions; index++) {
        score += (query[index] ?? 0) * (this.numbers[start + index] ?? 0);
      }
      found(slot, score);
    }
  }
}
