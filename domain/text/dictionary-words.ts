/** Chinese and Japanese are one dictionary to it. */
const segmenter = new Intl.Segmenter("zh", { granularity: "word" });

/** Ends a word whatever stands around it, so that runs parted by it are segmented as if each were alone. */
const LINE_FEED = "\n";

/** The words of runs of Chinese or Japanese, run by run; all are segmented at once, since to start costs more than a run. */
export class DictionaryWords {
  private readonly segments: Iterator<Intl.SegmentData, unknown>;

  /** The runs have no white space. */
  constructor(runs: readonly string[]) {
    this.segments = segmenter.segment(runs.join(LINE_FEED))[Symbol.iterator]();
  }

  /** All words of the next run, in its order. */
  *ofNextRun(): Generator<string> {
    for (;;) {
      const { done, value } = this.segments.next();
      if (done === true || value.segment === LINE_FEED) return;
      yield value.segment;
    }
  }
}
