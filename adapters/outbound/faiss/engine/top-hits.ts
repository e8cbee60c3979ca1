import type { Hit } from "./faiss-index.ts";

/** The best hits of many, by score and then by lower slot, in a heap whose root is the worst of them. */
export class TopHits {
  private readonly limit: number;
  private readonly heap: Hit[] = [];

  constructor(limit: number) {
    this.limit = limit;
  }

  get size(): number {
    return this.heap.length;
  }

  offer(slot: number, score: number): void {
    const hit = { slot, score };
    if (this.heap.length < this.limit) {
      this.heap.push(hit);
      this.rise(this.heap.length - 1);
      return;
    }
    const worst = this.heap[0];
    if (worst === undefined || compare(hit, worst) >= 0) return;
    this.heap[0] = hit;
    this.sink(0);
  }

  /** Best first. */
  sorted(): Hit[] {
    return this.heap.toSorted(compare);
  }

  private rise(index: number): void {
    for (let child = index; child > 0; ) {
      const parent = (child - 1) >>> 1;
      if (!this.worse(child, parent)) return;
      this.swap(child, parent);
      child = parent;
    }
  }

  private sink(index: number): void {
    for (let parent = index; ; ) {
      let worst = parent;
      for (const child of [parent * 2 + 1, parent * 2 + 2]) {
        if (child < this.heap.length && this.worse(child, worst)) worst = child;
      }
      if (worst === parent) return;
      this.swap(parent, worst);
      parent = worst;
    }
  }

  private worse(one: number, other: number): boolean {
    const [first, second] = [this.heap[one], this.heap[other]];
    return first !== undefined && second !== undefined && compare(first, second) > 0;
  }

  private swap(one: number, other: number): void {
    const [first, second] = [this.heap[one], this.heap[other]];
    if (first === undefined || second === undefined) return;
    this.heap[one] = second;
    this.heap[other] = first;
  }
}

function compare(one: Hit, other: Hit): number {
  return other.score - one.score || one.slot - other.slot;
}
