import { splitSentences } from "../../../domain/text/sentences.ts";
import { ENGLISH_STOP_WORDS } from "../../../domain/text/stop-words.ts";

/** Kendra reads no more: https://docs.aws.amazon.com/kendra/latest/APIReference/API_Retrieve.html */
const MAX_WORDS = 30;

/** Kendra's quota "Characters in query text"; more is a ValidationException. */
const MAX_CHARACTERS = 1_000;

const CONDENSED = `Kendra reads ${MAX_WORDS} words of a query, stop words aside: this one was condensed to its question and the words that it repeats most.`;
const CUT = `Kendra reads ${MAX_CHARACTERS} characters of a query; the rest of this one was left out.`;

const segmenter = new Intl.Segmenter("en", { granularity: "word" });

/** The query as Kendra takes it, and what is lost of it. */
export interface QueryText {
  readonly text: string;
  readonly warnings: readonly string[];
}

interface Word {
  readonly text: string;
  /** Where it stands first. */
  readonly start: number;
  readonly isAsked: boolean;
  readonly count: number;
}

/**
 * The query as it is where Kendra reads the whole of it. Else its 30 words that say most, each once, in the order of the
 * text: those of its questions (of the last sentence where none is one) before others, then what it repeats most, then
 * what comes first. `warnings` says so.
 */
export function condenseQuery(query: string): QueryText {
  const words = wordsOf(query);
  const isLong = words.length > MAX_WORDS;
  const text = isLong ? condensed(query, words) : query;
  const cut = text.slice(0, MAX_CHARACTERS).replace(/[\uD800-\uDBFF]$/u, "");
  return { text: cut, warnings: [...(isLong ? [CONDENSED] : []), ...(cut.length < text.length ? [CUT] : [])] };
}

function wordsOf(text: string) {
  return [...segmenter.segment(text)].filter(
    ({ segment, isWordLike }) => isWordLike && !ENGLISH_STOP_WORDS.has(segment.toLowerCase()),
  );
}

function condensed(query: string, segments: ReturnType<typeof wordsOf>): string {
  const isAsked = questionsOf(query);
  const words = new Map<string, Word>();
  for (const { segment, index } of segments) {
    const key = segment.toLowerCase();
    const known = words.get(key);
    const asked = isAsked(index) || known?.isAsked === true;
    words.set(key, { text: segment, start: known?.start ?? index, isAsked: asked, count: (known?.count ?? 0) + 1 });
  }
  return [...words.values()]
    .sort(
      (one, other) => Number(other.isAsked) - Number(one.isAsked) || other.count - one.count || one.start - other.start,
    )
    .slice(0, MAX_WORDS)
    .sort((one, other) => one.start - other.start)
    .map(({ text }) => text)
    .join(" ");
}

/** Whether an offset lies in a sentence that asks. */
function questionsOf(query: string): (offset: number) => boolean {
  const sentences = splitSentences(query);
  const asking = sentences.filter(({ start, end }) => /[?？]\P{L}*$/u.test(query.slice(start, end)));
  const asked = asking.length > 0 ? asking : sentences.slice(-1);
  return (offset) => asked.some(({ start, end }) => offset >= start && offset < end);
}
