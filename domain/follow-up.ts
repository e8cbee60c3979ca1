import type { Message } from "./chat.ts";
import { textOf } from "./prompt.ts";
import { ENGLISH_STOP_WORDS } from "./text/stop-words.ts";

/** Words that stand for something that was named before. */
const REFERENCE =
  /\b(?:it|its|they|them|their|theirs|he|him|his|she|her|hers|this|these|those|(?:the )?(?:former|latter))\b|\bthat\b(?=\s*(?:$|[?.!,]|is|was|does|did|mean|work|happen|one))|它|他(?!人)|她|这(?!样一来)|那(?!么)|其(?!他|它|中|实|余|次)|(?<!应|活|本)该(?!怎|如)|此(?!外)|上述|前者|后者|それ|これ|あれ|その|この|あの|彼/iu;
/** What opens a question that goes on with another. */
const CONTINUATION =
  /^\s*(?:and|but|so|then|also|or|what about|how about|what else|why|why not|how so|really)\b|^\s*(?:那么|那|然后|还有|以及|为什么|为何|怎么|所以|じゃあ|では|なぜ|そして)|呢[?？]?\s*$/iu;

const WORD = /[\p{L}\p{N}][\p{L}\p{M}\p{N}'’_.-]*/gu;
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]/u;
/** Words of a question that stands alone, one of them at least more than a stop word; fewer hardly do. */
const MIN_WORDS = 4;
/** Characters of a Chinese or Japanese question that stands alone. */
const MIN_UNSPACED_LENGTH = 4;
/** Words of earlier questions that are searched for too; Kendra reads 30 of a query. */
const MAX_ADDED_WORDS = 12;

/**
 * What to search for where a question goes on with a conversation, by rule: the question itself, and with it the words of the
 * user's last question that it does not have, where it refers to something named before, opens as a continuation, or is too
 * short to stand alone. The question itself where it stands alone or there is no earlier one.
 */
export function followUpQuery(prompt: string, history: readonly Message[]): string {
  const earlier = history.findLast(({ role }) => role === "user");
  if (earlier === undefined || standsAlone(prompt)) return prompt;
  const own = new Set(wordsOf(prompt).map(lowerCase));
  const added = wordsOf(textOf(earlier)).filter((word) => !own.has(lowerCase(word)));
  const words = [...new Map(added.map((word) => [lowerCase(word), word])).values()].slice(0, MAX_ADDED_WORDS);
  return words.length === 0 ? prompt : `${prompt.trim()} ${words.join(" ")}`;
}

/** Whether the question names its own subject, as far as a rule can tell. */
function standsAlone(prompt: string): boolean {
  if (REFERENCE.test(prompt) || CONTINUATION.test(prompt)) return false;
  const words = prompt.match(WORD) ?? [];
  const unspaced = [...prompt].filter((character) => UNSPACED.test(character)).length;
  return (words.length >= MIN_WORDS && wordsOf(prompt).length > 0) || unspaced >= MIN_UNSPACED_LENGTH;
}

/** Words that carry meaning. */
function wordsOf(text: string): string[] {
  return (text.match(WORD) ?? []).filter((word) => !ENGLISH_STOP_WORDS.has(lowerCase(word)));
}

function lowerCase(word: string): string {
  return word.toLowerCase().replaceAll(/['’]/gu, "");
}
