import type { Language } from "./language.ts";
import { stemEnglish } from "./porter2.ts";

/** So many letters of a word stand for all its forms where we have no stemmer: best or near it in every language measured. */
const PREFIX_LENGTH = 5;

const ONLY_ASCII = /^[\0-\x7f]*$/u;
const ENGLISH_LETTERS = /^[a-z]+$/u;
const LATIN_WORD = /^[\p{sc=Latin}\p{M}]+$/u;
const ARABIC_WORD = /^[\p{sc=Arabic}\p{M}]+$/u;
const WORD = /^[\p{L}\p{M}]+$/u;

/** Letters that only Vietnamese has: its accents tell words apart. */
const VIETNAMESE_LETTER = /[ơư\u1ea0-\u1ef9]/u;
const ACCENTS = /(?<=[\p{sc=Latin}\p{sc=Greek}])[\u0300-\u036f]+|(?<=\p{sc=Cyrillic})[\u0300\u0301\u0308]/gu;
const ARABIC_VOWEL_SIGNS = /[\u0640\u064b-\u065f\u0670]/gu;
const OTHER_SPELLINGS = /[ßøæœłđðþıأإآىة]/gu;
const PLAIN_SPELLINGS: Readonly<Record<string, string>> = {
  ß: "ss",
  ø: "o",
  æ: "ae",
  œ: "oe",
  ł: "l",
  đ: "d",
  ð: "d",
  þ: "th",
  ı: "i",
  أ: "ا",
  إ: "ا",
  آ: "ا",
  ى: "ي",
  ة: "ه",
};

/** Lower-case and without accents: `Žižek` and `zizek` are one word, ё is е; й stays й, and Vietnamese stays as it is. */
export function foldWord(word: string): string {
  const lower = word.toLowerCase();
  if (ONLY_ASCII.test(lower) || VIETNAMESE_LETTER.test(lower)) return lower;
  return lower
    .normalize("NFD")
    .replace(ACCENTS, "")
    .normalize("NFC")
    .replace(ARABIC_VOWEL_SIGNS, "")
    .replace(OTHER_SPELLINGS, (letter) => PLAIN_SPELLINGS[letter] ?? letter);
}

const firstLetters = (word: string): string => [...word].slice(0, PREFIX_LENGTH).join("");

/** The affixes of light10 (Larkey, Ballesteros & Connell 2007, https://doi.org/10.1007/978-1-4020-6046-5_12). */
function stemArabic(word: string): string {
  const bare = word.replace(/^(?:وال|بال|كال|فال|ال|لل|و(?=.{3}))(?=..)/u, "");
  return bare.replace(/(?<=..)(?:ها|ان|ات|ون|ين|يه)$/u, "").replace(/(?<=..)[هي]$/u, "");
}

/**
 * The terms that a folded word is found by. A word of Latin letters has its English stem, and in a text of another
 * language (`other`) its beginning too, marked so that it is no word; other alphabets have the beginning alone.
 */
export function termsOfWord(folded: string, language: Language): readonly string[] {
  if (LATIN_WORD.test(folded)) {
    const stem = ENGLISH_LETTERS.test(folded) ? stemEnglish(folded) : folded;
    return language === "other" && folded.length >= PREFIX_LENGTH ? [stem, `${firstLetters(folded)}*`] : [stem];
  }
  if (ARABIC_WORD.test(folded)) return [firstLetters(stemArabic(folded))];
  return [WORD.test(folded) ? firstLetters(folded) : folded];
}
