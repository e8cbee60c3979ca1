import { classAt, HAN, HANGUL, KANA, LATIN, LETTER, MARK, widthOf } from "./character-class.ts";
import { ENGLISH, FOREIGN, functionWordKind, keyOf, longerKey, MAX_FUNCTION_WORD_LETTERS } from "./function-words.ts";

export type Language = "en" | "zh" | "ja" | "ko" | "other";

/** The languages that have an analysis of their own, by their codes in ISO 639-1. */
const CODES: ReadonlySet<string> = new Set<Language>(["en", "zh", "ja", "ko"]);

/** Whether a code of ISO 639-1 is one of a language that {@link detectLanguage} tells by name. */
export function isLanguageCode(code: string): code is Language {
  return CODES.has(code);
}

const ONLY_ASCII = /^[\0-\x7f]*$/u;

const SAMPLE_LENGTH = 4_000;
/** One ideograph or syllable block says about as much as this many letters of an alphabet. */
const LETTERS_PER_IDEOGRAPH = 3;
/** Japanese prose is half kana; a Chinese text may quote a little of it. */
const MIN_KANA_SHARE = 0.1;
/** From this many words on, English without its function words is improbable. */
const MIN_WORDS_TO_DOUBT = 25;
const MIN_FUNCTION_WORD_SHARE = 0.05;

/** How many words of a text speak for English, and for another language. */
interface WordCounts {
  readonly words: number;
  readonly english: number;
  readonly foreign: number;
}

interface CharacterCounts {
  letters: number;
  latin: number;
  han: number;
  kana: number;
  hangul: number;
}

function countCharacters(text: string): CharacterCounts {
  const counts = { letters: 0, latin: 0, han: 0, kana: 0, hangul: 0 };
  for (let index = 0, bits = 0; index < text.length; index += widthOf(bits)) {
    bits = classAt(text, index, text.length);
    if ((bits & LETTER) !== 0) counts.letters += 1;
    if ((bits & LATIN) !== 0) counts.latin += 1;
    if ((bits & HAN) !== 0) counts.han += 1;
    if ((bits & KANA) !== 0) counts.kana += 1;
    if ((bits & HANGUL) !== 0) counts.hangul += 1;
  }
  return counts;
}

/** From 1 to 26, in either case; 0 where there is no ASCII letter. */
function letterAt(text: string, index: number): number {
  const unit = index < text.length ? text.charCodeAt(index) : 0;
  const lower = unit | 0x20;
  return lower >= 0x61 && lower <= 0x7a ? lower - 0x60 : 0;
}

/** Where the word ends that goes on at `index`, if it goes on there. */
function endOfWord(text: string, index: number): number {
  let end = index;
  for (let bits = 0; end < text.length; end += widthOf(bits)) {
    bits = classAt(text, end, text.length);
    if ((bits & (LETTER | MARK)) === 0) break;
  }
  return end;
}

function kindOfEnglishLetters(key: number, length: number): number {
  return length <= MAX_FUNCTION_WORD_LETTERS ? functionWordKind(key) : 0;
}

/** A word with a letter beyond ASCII speaks for another language; the Kelvin sign is a `k` in lower case. */
function kindOfOtherLetters(word: string): number {
  const lower = word.toLowerCase();
  return ONLY_ASCII.test(lower) ? kindOfEnglishLetters(keyOf(lower), lower.length) : FOREIGN;
}

function countWords(text: string): WordCounts {
  let [words, english, foreign] = [0, 0, 0];
  for (let index = 0; index < text.length; index++) {
    const start = index;
    let key = 0;
    for (let letter = letterAt(text, index); letter > 0; letter = letterAt(text, ++index)) key = longerKey(key, letter);
    const end = endOfWord(text, index);
    if (end === start) continue;
    const kind = end === index ? kindOfEnglishLetters(key, end - start) : kindOfOtherLetters(text.slice(start, end));
    words += 1;
    if ((kind & ENGLISH) !== 0) english += 1;
    if ((kind & FOREIGN) !== 0) foreign += 1;
    index = end;
  }
  return { words, english, foreign };
}

function looksEnglish(text: string): boolean {
  const { words, english, foreign } = countWords(text);
  const isDoubtful = words >= MIN_WORDS_TO_DOUBT && english < words * MIN_FUNCTION_WORD_SHARE;
  return english >= foreign && !isDoubtful;
}

/**
 * The language of a text by its scripts, from its first 4,000 characters: kana make it Japanese, ideographs without kana
 * Chinese, Hangul Korean; Latin letters make it English unless more of its words speak for another language (function
 * words and accents) than for English. Text that says nothing either way counts as English, a line of kanji alone as
 * Chinese.
 */
export function detectLanguage(text: string): Language {
  const sample = text.slice(0, SAMPLE_LENGTH);
  // The same answer as below, in half the time.
  if (ONLY_ASCII.test(sample)) return looksEnglish(sample) ? "en" : "other";
  const { letters, latin, han, kana, hangul } = countCharacters(sample);
  const alphabetic = letters - han - kana - hangul;
  if (hangul > han + kana && hangul * LETTERS_PER_IDEOGRAPH >= alphabetic) return "ko";
  if (han + kana > 0 && (han + kana) * LETTERS_PER_IDEOGRAPH >= alphabetic) {
    return kana >= (han + kana) * MIN_KANA_SHARE ? "ja" : "zh";
  }
  return latin * 2 >= alphabetic && looksEnglish(sample) ? "en" : "other";
}
