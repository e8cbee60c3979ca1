/**
 * The Porter2 stemmer for English, written from its published definition
 * (https://snowballstem.org/algorithms/english/stemmer.html, as of Snowball 3).
 */

const VOWELS = "aeiouy";
const VALID_LI_ENDINGS = "cdeghkmnrt";

/** Words that the rules would spoil, with their stems. */
const EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  ["skis", "ski"],
  ["skies", "sky"],
  ["idly", "idl"],
  ["gently", "gentl"],
  ["ugly", "ugli"],
  ["early", "earli"],
  ["only", "onli"],
  ["singly", "singl"],
  ["sky", "sky"],
  ["news", "news"],
  ["howe", "howe"],
  ["atlas", "atlas"],
  ["cosmos", "cosmos"],
  ["bias", "bias"],
  ["andes", "andes"],
]);

/** Beginnings after which region R1 starts at once. */
const R1_PREFIXES = ["gener", "commun", "arsen", "past", "univers", "later", "emerg", "organ", "inter"];

const ING_EXCEPTIONS: ReadonlySet<string> = new Set(["inn", "out", "cann", "herr", "earr", "even"]);
const EED_EXCEPTIONS: ReadonlySet<string> = new Set(["proc", "exc", "succ"]);

type Replacement = readonly [suffix: string, replacement: string];

/** Longest first, so that the first suffix found is the longest. */
const byLength = (replacements: readonly Replacement[]): readonly Replacement[] =>
  replacements.toSorted((left, right) => right[0].length - left[0].length);

const STEP_2 = byLength([
  ["tional", "tion"],
  ["enci", "ence"],
  ["anci", "ance"],
  ["abli", "able"],
  ["entli", "ent"],
  ["izer", "ize"],
  ["ization", "ize"],
  ["ational", "ate"],
  ["ation", "ate"],
  ["ator", "ate"],
  ["alism", "al"],
  ["aliti", "al"],
  ["alli", "al"],
  ["fulness", "ful"],
  ["ousli", "ous"],
  ["ousness", "ous"],
  ["iveness", "ive"],
  ["iviti", "ive"],
  ["biliti", "ble"],
  ["bli", "ble"],
  ["ogist", "og"],
  ["ogi", "og"],
  ["fulli", "ful"],
  ["lessli", "less"],
  ["li", ""],
]);

const STEP_3 = byLength([
  ["tional", "tion"],
  ["ational", "ate"],
  ["alize", "al"],
  ["icate", "ic"],
  ["iciti", "ic"],
  ["ical", "ic"],
  ["ful", ""],
  ["ness", ""],
  ["ative", ""],
]);

const STEP_4 = "al ance ence er ic able ible ant ement ment ent ism ate iti ous ive ize ion"
  .split(" ")
  .sort((left, right) => right.length - left.length);

/** A word under way; `r1` and `r2` are the offsets at which the two regions start. */
type Stemming = { word: string; r1: number; r2: number };

const isVowel = (character: string | undefined): boolean => character !== undefined && VOWELS.includes(character);

function hasVowel(text: string): boolean {
  for (const character of text) if (isVowel(character)) return true;
  return false;
}

/** `Y` marks a consonant y: the first letter, or one after a vowel. */
function markConsonantY(word: string): string {
  if (!word.includes("y")) return word;
  let marked = "";
  for (const character of word) {
    const consonant = character === "y" && (marked === "" || isVowel(marked.at(-1)));
    marked += consonant ? "Y" : character;
  }
  return marked;
}

function regionAfter(word: string, start: number): number {
  for (let index = start + 1; index < word.length; index++) {
    if (!isVowel(word[index]) && isVowel(word[index - 1])) return index + 1;
  }
  return word.length;
}

function endsInShortSyllable(word: string): boolean {
  if (word.endsWith("past")) return true;
  const last = word.at(-1);
  if (last === undefined || isVowel(last) || !isVowel(word.at(-2))) return false;
  return word.length === 2 || (!"wxY".includes(last) && !isVowel(word.at(-3)));
}

function removePossessive(word: string): string {
  if (word.endsWith("'s'")) return word.slice(0, -3);
  if (word.endsWith("'s")) return word.slice(0, -2);
  return word.endsWith("'") ? word.slice(0, -1) : word;
}

function removePlural(word: string): string {
  if (word.endsWith("sses")) return word.slice(0, -2);
  if (word.endsWith("ied") || word.endsWith("ies")) return word.slice(0, word.length > 4 ? -2 : -1);
  if (!word.endsWith("s") || word.endsWith("us") || word.endsWith("ss")) return word;
  return hasVowel(word.slice(0, -2)) ? word.slice(0, -1) : word;
}

function repairAfterVerbEnding(word: string, r1: number): string {
  if (word.endsWith("at") || word.endsWith("bl") || word.endsWith("iz")) return `${word}e`;
  const last = word.at(-1) ?? "";
  if (last === word.at(-2) && "bdfgmnprt".includes(last)) {
    return word.length === 3 && "aeo".includes(word[0] ?? "") ? word : word.slice(0, -1);
  }
  return r1 >= word.length && endsInShortSyllable(word) ? `${word}e` : word;
}

function removeVerbEnding(word: string, r1: number): string {
  const suffix = ["eedly", "ingly", "edly", "eed", "ing", "ed"].find((ending) => word.endsWith(ending));
  if (suffix === undefined) return word;
  const rest = word.slice(0, -suffix.length);
  if (suffix.startsWith("eed")) return rest.length >= r1 && !EED_EXCEPTIONS.has(rest) ? `${rest}ee` : word;
  if (suffix === "ing") {
    if (rest.length === 2 && rest[1] === "y" && !isVowel(rest[0])) return `${rest[0]}ie`;
    if (ING_EXCEPTIONS.has(rest)) return word;
  }
  return hasVowel(rest) ? repairAfterVerbEnding(rest, r1) : word;
}

function replaceFinalY(word: string): string {
  const last = word.at(-1);
  return (last === "y" || last === "Y") && word.length > 2 && !isVowel(word.at(-2)) ? `${word.slice(0, -1)}i` : word;
}

function replaceSuffix({ word, r1, r2 }: Stemming, replacements: readonly Replacement[]): string {
  const found = replacements.find(([suffix]) => word.endsWith(suffix));
  if (found === undefined) return word;
  const [suffix, replacement] = found;
  const rest = word.slice(0, -suffix.length);
  if (rest.length < r1) return word;
  if (suffix === "ogi" && !rest.endsWith("l")) return word;
  if (suffix === "li" && !VALID_LI_ENDINGS.includes(rest.at(-1) ?? "-")) return word;
  if (suffix === "ative" && rest.length < r2) return word;
  return rest + replacement;
}

function removeResidualSuffix({ word, r2 }: Stemming): string {
  const suffix = STEP_4.find((ending) => word.endsWith(ending));
  if (suffix === undefined) return word;
  const rest = word.slice(0, -suffix.length);
  if (rest.length < r2) return word;
  return suffix === "ion" && !rest.endsWith("s") && !rest.endsWith("t") ? word : rest;
}

function removeFinalLetter({ word, r1, r2 }: Stemming): string {
  const rest = word.slice(0, -1);
  if (word.endsWith("e")) {
    return rest.length >= r2 || (rest.length >= r1 && !endsInShortSyllable(rest)) ? rest : word;
  }
  return word.endsWith("ll") && rest.length >= r2 ? rest : word;
}

/**
 * The stem of one lower-case English word; words of one or two letters come back as they are. Letters outside a-z count
 * as consonants, so any other word is at worst left alone or shortened in the same way each time.
 */
export function stemEnglish(word: string): string {
  const exception = EXCEPTIONS.get(word);
  if (exception !== undefined) return exception;
  if (word.length <= 2) return word;
  const marked = markConsonantY(word.startsWith("'") ? word.slice(1) : word);
  const prefix = R1_PREFIXES.find((beginning) => marked.startsWith(beginning));
  const r1 = prefix?.length ?? regionAfter(marked, 0);
  const state: Stemming = { word: marked, r1, r2: regionAfter(marked, r1) };
  state.word = removePlural(removePossessive(state.word));
  state.word = replaceFinalY(removeVerbEnding(state.word, r1));
  state.word = replaceSuffix(state, STEP_2);
  state.word = replaceSuffix(state, STEP_3);
  state.word = removeResidualSuffix(state);
  state.word = removeFinalLetter(state);
  return state.word.replaceAll("Y", "y");
}
