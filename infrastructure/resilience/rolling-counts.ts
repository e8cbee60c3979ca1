/** Parts of the window: a count is forgotten when its part has left it. */
const PARTS = 10;

/** How many calls succeeded and failed within the last stretch of time. */
export class RollingCounts {
  private readonly partMs: number;
  private readonly succeeded = new Uint32Array(PARTS);
  private readonly failed = new Uint32Array(PARTS);
  /** Number of the part that is counted into now, since time began. */
  private current = Number.NEGATIVE_INFINITY;

  constructor(windowMs: number) {
    this.partMs = windowMs / PARTS;
  }

  add(isSuccess: boolean, nowMs: number): void {
    this.turnTo(nowMs);
    const counts = isSuccess ? this.succeeded : this.failed;
    const index = this.current % PARTS;
    counts[index] = (counts[index] ?? 0) + 1;
  }

  read(nowMs: number): { readonly succeeded: number; readonly failed: number } {
    this.turnTo(nowMs);
    return { succeeded: sum(this.succeeded), failed: sum(this.failed) };
  }

  clear(): void {
    this.succeeded.fill(0);
    this.failed.fill(0);
  }

  private turnTo(nowMs: number): void {
    const part = Math.floor(nowMs / this.partMs);
    if (part === this.current) return;
    if (part - this.current >= PARTS) this.clear();
    else {
      for (let left = this.current + 1; left <= part; left += 1) {
        this.succeeded[left % PARTS] = 0;
        this.failed[left % PARTS] = 0;
      }
    }
    this.current = part;
  }
}

function sum(counts: Uint32Array): number {
  return counts.reduce((total, count) => total + count, 0);
}
