/** What the analysis asks of a character, as bits of one number. */
export const LETTER = 1;
export const MARK = 2;
export const NUMBER = 4;
export const LATIN = 8;
export const HAN = 16;
/** Hiragana or Katakana. */
export const KANA = 32;
/** Chinese or Japanese: Han, kana, and the signs that both scripts share. */
export const IDEOGRAPH = 64;
export const HANGUL = 128;
/** Of a script that puts no space between words. */
export const UNSPACED = 256;
/** Takes two UTF-16 units. */
const ASTRAL = 512;
const SURROGATE = 1024;
const KNOWN = 2048;

const PROPERTIES: readonly (readonly [bit: number, pattern: RegExp])[] = [
  [LETTER, /\p{L}/u],
  [MARK, /\p{M}/u],
  [NUMBER, /\p{N}/u],
  [LATIN, /\p{sc=Latin}/u],
  [HAN, /\p{sc=Han}/u],
  [KANA, /[\p{sc=Hiragana}\p{sc=Katakana}]/u],
  [IDEOGRAPH, /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}ー々〆]/u],
  [HANGUL, /\p{sc=Hangul}/u],
  [UNSPACED, /[\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u],
  [SURROGATE, /\p{Cs}/u],
];

/** By code point, 0 where it has not been met yet. */
const classes = new Uint16Array(0x110000);

function learn(codePoint: number): number {
  const character = String.fromCodePoint(codePoint);
  let bits = codePoint > 0xffff ? KNOWN | ASTRAL : KNOWN;
  for (const [bit, pattern] of PROPERTIES) if (pattern.test(character)) bits |= bit;
  classes[codePoint] = bits;
  return bits;
}

function classOf(codePoint: number): number {
  return classes[codePoint] || learn(codePoint);
}

/** The bits of the character at `index`, an offset within the text; a pair that `end` parts is no character. */
export function classAt(text: string, index: number, end: number): number {
  const bits = classOf(text.charCodeAt(index));
  if ((bits & SURROGATE) === 0 || index + 1 >= end) return bits;
  return classOf(text.codePointAt(index) ?? 0);
}

/** UTF-16 units of a character with these bits. */
export function widthOf(bits: number): number {
  return (bits & ASTRAL) === 0 ? 1 : 2;
}
