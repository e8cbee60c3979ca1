/** Frequent in English, and seldom words of another language. */
const ENGLISH_WORDS: ReadonlySet<string> = new Set(
  `the and of to that with are this from which were been their these those they has for by is its it be or not can how
  what when where who why does at on using between`.split(/\s+/u),
);

/** Frequent in another language that is written in Latin letters, and seldom seen in English; by language. */
const FOREIGN_WORDS: ReadonlySet<string> = new Set(
  `der das und ist nicht von ein eine einer eines einem einen dem zu zum zur im auf wie wer wo wann warum welche welcher
  welches wird werden wurde wurden sind sich bei nach als auch aus durch oder kann
  het een niet wat hoe wie waarom welke wordt werd zijn voor naar
  le les des est une dans qui et du sur pas par aux au quel quelle quels comment pourquoi quand sont avec il elle ce
  el los las del una que por como cual cuando donde quien se es y lo al son fue
  il gli di che una della delle dei nel nella sono come quale quando dove chi cosa perche non
  os uma dos das em ao pelo pela qual quais foi
  din sau pentru care este ce unde cum cine ce fost
  och att det som hur vad inte til og ikke hvad hvor hvem er
  jest nie czy jak ktory gdzie je jsou kde proc
  ve bir bu ile ne nasil neden hangi kim kac icin olarak
  ja ei mika miten missa hogy nem egy az mi hol
  yang dan di apa adalah dengan untuk dari bagaimana siapa`.split(/\s+/u),
);

/** What a word is, as bits of one number. */
export const ENGLISH = 1;
export const FOREIGN = 2;

/** Longer words are never function words. */
export const MAX_FUNCTION_WORD_LETTERS = 10;
const BITS_PER_LETTER = 2 ** 5;
const SLOTS = 2 ** 10;

/** A hash table with open addressing, by the keys of the words; 0 is no word. */
const keys = new Float64Array(SLOTS);
const kinds = new Uint8Array(SLOTS);

for (const word of new Set([...ENGLISH_WORDS, ...FOREIGN_WORDS])) {
  const kind = (ENGLISH_WORDS.has(word) ? ENGLISH : 0) | (FOREIGN_WORDS.has(word) ? FOREIGN : 0);
  const key = keyOf(word);
  const slot = slotOf(key);
  keys[slot] = key;
  kinds[slot] = kind;
}

/** Where the key is, or where it would be. */
function slotOf(key: number): number {
  let slot = (key ^ (key >>> 7) ^ (key / 2 ** 20)) & (SLOTS - 1);
  while (keys[slot] !== 0 && keys[slot] !== key) slot = (slot + 1) & (SLOTS - 1);
  return slot;
}

/** The key of a word that is longer by one letter (1 to 26, in either case the same); exact up to the longest function word. */
export function longerKey(key: number, letter: number): number {
  return key * BITS_PER_LETTER + letter;
}

/** The key of a word of lower-case ASCII letters. */
export function keyOf(word: string): number {
  let key = 0;
  for (let index = 0; index < word.length; index++)
    key = longerKey(key, word.charCodeAt(index) & (BITS_PER_LETTER - 1));
  return key;
}

/**
 * Whether the word of a key is one of the frequent words of English (`ENGLISH`) or of other languages in Latin letters
 * (`FOREIGN`), which English seldom has; most words are 0.
 */
export function functionWordKind(key: number): number {
  return kinds[slotOf(key)] ?? 0;
}
