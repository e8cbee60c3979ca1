/** How the corpus has grown since its space was learned. */
export interface Growth {
  /** How many passages have a number above this one. */
  countAbove(passage: number): number;
  readonly newcomers: Newcomers;
}

/** The passages that came since the searched space was learned, and how much of what they say it can know. */
export class Newcomers {
  /** How many came. */
  count = 0;
  private sum = 0;
  private fittedThrough: number | undefined;

  /** Mean share of their terms that passages of before had too, in [0, 1]; 1 where none came. */
  get familiarity(): number {
    return this.count === 0 ? 1 : this.sum / this.count;
  }

  /** Names the last passage that the space was learned on; undefined where nothing is learned. Another one begins anew. */
  follow(fittedThrough: number | undefined): void {
    if (fittedThrough === this.fittedThrough) return;
    this.fittedThrough = fittedThrough;
    this.count = 0;
    this.sum = 0;
  }

  /** Takes a passage, if it came since; `familiarity` tells the share of its terms that a passage up to the number has. */
  add(passage: number, familiarity: (through: number) => number): void {
    const through = this.fittedThrough;
    if (through === undefined || passage <= through) return;
    this.count += 1;
    this.sum += familiarity(through);
  }
}
