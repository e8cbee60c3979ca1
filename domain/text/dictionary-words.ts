/** Chinese and Japanese are one dictionary to it. */
const segmenter = new Intl.Segmenter("zh", { granularity: "word" });

/** Ends a word whatever stands around it: runs parted by it are segmented as if each were alone, at a third of the cost. */
const SEPARATOR = "\n";

/** Shorter words are found by their characters; in UTF-16 units. */
export const MIN_DICTIONARY_WORD_LENGTH = 3;

/** The words of three or more characters in each of some runs of Chinese or Japanese, which have no white space. */
export function dictionaryWordsOf(runs: readonly string[]): readonly (readonly string[])[] {
  const words: string[][] = runs.map(() => []);
  let run = 0;
  for (const { segment } of segmenter.segment(runs.join(SEPARATOR))) {
    if (segment === SEPARATOR) run += 1;
    else if (segment.length >= MIN_DICTIONARY_WORD_LENGTH) words[run]?.push(segment);
  }
  return words;
}
