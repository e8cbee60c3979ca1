import { ENGLISH_STOP_WORDS } from "./stop-words.ts";

export type Language = "en" | "zh" | "ja" | "ko" | "other";

const SAMPLE_LENGTH = 4_000;
/** One ideograph or syllable block says about as much as this many letters of an alphabet. */
const LETTERS_PER_IDEOGRAPH = 3;
/** Japanese prose is half kana; a Chinese text may quote a little of it. */
const MIN_KANA_SHARE = 0.1;
/** From this many words on, English without any stop word is improbable. */
const MIN_WORDS_TO_DOUBT = 8;
const MIN_STOP_WORD_SHARE = 0.08;

const countOf = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

function looksEnglish(text: string): boolean {
  const words = text.toLowerCase().match(/[\p{L}\p{M}'’]+/gu) ?? [];
  const stopWords = words.filter((word) => ENGLISH_STOP_WORDS.has(word)).length;
  const isEnough = stopWords >= words.length * MIN_STOP_WORD_SHARE;
  if (words.length >= MIN_WORDS_TO_DOUBT) return isEnough;
  const hasForeignLetters = /[^\0-\x7f‘’“”–—…]/u.test(words.join(""));
  return (stopWords > 0 && isEnough) || !hasForeignLetters;
}

/**
 * The language of a text by its scripts, from its first 4,000 characters: kana make it Japanese, ideographs without kana
 * Chinese, Hangul Korean; Latin letters make it English unless accents or the lack of English stop words speak against
 * it. Short text of pure ASCII, and text without letters, count as English; a line of kanji alone counts as Chinese.
 */
export function detectLanguage(text: string): Language {
  const sample = text.slice(0, SAMPLE_LENGTH);
  const letters = countOf(sample, /\p{L}/gu);
  const han = countOf(sample, /\p{sc=Han}/gu);
  const kana = countOf(sample, /[\p{sc=Hiragana}\p{sc=Katakana}]/gu);
  const hangul = countOf(sample, /\p{sc=Hangul}/gu);
  const alphabetic = letters - han - kana - hangul;
  if (hangul > han + kana && hangul * LETTERS_PER_IDEOGRAPH >= alphabetic) return "ko";
  if (han + kana > 0 && (han + kana) * LETTERS_PER_IDEOGRAPH >= alphabetic) {
    return kana >= (han + kana) * MIN_KANA_SHARE ? "ja" : "zh";
  }
  const latin = countOf(sample, /\p{sc=Latin}/gu);
  return latin * 2 >= alphabetic && looksEnglish(sample) ? "en" : "other";
}
