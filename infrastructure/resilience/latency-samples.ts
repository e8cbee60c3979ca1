/** Samples that are kept; the oldest makes room. */
const CAPACITY = 256;
/** Fewer say too little of a percentile. */
const MIN_SAMPLES = 20;
/** Samples after which a percentile is worked out anew. */
const RENEWED_AFTER = 16;

/** One percentile of the latest latencies. */
export class LatencySamples {
  private readonly share: number;
  private readonly samples: number[] = [];
  private added = 0;
  private known: number | undefined;

  /** @param percentile in (0, 100) */
  constructor(percentile: number) {
    this.share = percentile / 100;
  }

  add(ms: number): void {
    this.samples[this.added % CAPACITY] = ms;
    this.added += 1;
    if (this.added >= MIN_SAMPLES && (this.known === undefined || this.added % RENEWED_AFTER === 0)) {
      const sorted = this.samples.toSorted((one, other) => one - other);
      this.known = sorted[Math.min(sorted.length - 1, Math.floor(this.share * sorted.length))];
    }
  }

  /** In milliseconds; undefined while there are fewer than 20 samples. */
  get percentileMs(): number | undefined {
    return this.known;
  }
}
