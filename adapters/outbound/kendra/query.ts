import { ENGLISH_STOP_WORDS } from "../../../domain/text/stop-words.ts";

/** Kendra reads no more: https://docs.aws.amazon.com/kendra/latest/APIReference/API_Retrieve.html */
const MAX_WORDS = 30;

/** Kendra's quota "Characters in query text"; more is a ValidationException. */
const MAX_CHARACTERS = 1_000;

const segmenter = new Intl.Segmenter("en", { granularity: "word" });

/** The query as Kendra takes it, and what is lost of it. */
export interface QueryText {
  readonly text: string;
  readonly warnings: readonly string[];
}

/** Cuts a query at what Kendra takes, and says so where it reads only a part of it. */
export function queryTextOf(query: string): QueryText {
  const text = query.slice(0, MAX_CHARACTERS).replace(/[\uD800-\uDBFF]$/u, "");
  const cut = text.length < query.length || wordsOf(text) > MAX_WORDS;
  const warning = `Kendra reads the first ${MAX_WORDS} words of a query, stop words aside; the rest of this one was left out.`;
  return { text, warnings: cut ? [warning] : [] };
}

function wordsOf(text: string): number {
  const segments = [...segmenter.segment(text)];
  return segments.filter(({ segment, isWordLike }) => isWordLike && !ENGLISH_STOP_WORDS.has(segment.toLowerCase()))
    .length;
}
