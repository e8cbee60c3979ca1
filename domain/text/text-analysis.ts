import { classAt, HANGUL, IDEOGRAPH, UNSPACED, widthOf } from "./character-class.ts";
import { dictionaryWordsOf, MIN_DICTIONARY_WORD_LENGTH } from "./dictionary-words.ts";
import type { Language } from "./language.ts";
import { termFingerprint } from "./term-fingerprint.ts";
import { TermTable } from "./term-table.ts";
import { TokenScanner } from "./token-scanner.ts";
import { MAX_TERM_LENGTH, termsOfToken } from "./token-terms.ts";
import { WordMemory } from "./word-memory.ts";

const MAX_REMEMBERED_TERMS = 200_000;
/** Scripts that are not analysed word by word. */
const SCRIPTS = IDEOGRAPH | HANGUL | UNSPACED;
const FIRST_CAPACITY = 1024;

/** A run of Chinese or Japanese whose longer words are still to be put in, where the terms of its characters end. */
interface PendingRun {
  readonly run: string;
  readonly hash: number;
  readonly end: number;
}

/** The terms of one text after another, as numbers; what it has learnt of words makes the next text cheaper. */
export class TextAnalysis {
  readonly terms = new TermTable();
  /** The numbers of the terms of the texts since `begin`, in their order; the first `count` of them count. */
  numbers = new Int32Array(FIRST_CAPACITY);
  count = 0;
  private readonly english = new WordMemory();
  private readonly other = new WordMemory();
  private readonly tokens = new TokenScanner();
  /** Within one token of several scripts. */
  private readonly words = new TokenScanner();
  /** The longer words of runs of Chinese or Japanese. */
  private readonly runs = new WordMemory();
  private readonly pending: PendingRun[] = [];

  /** Forgets the texts before, and all terms where they have become too many. */
  begin(): void {
    this.count = 0;
    if (this.numbers.length > MAX_REMEMBERED_TERMS) this.numbers = new Int32Array(FIRST_CAPACITY);
    if (this.terms.size < MAX_REMEMBERED_TERMS) return;
    this.terms.clear();
    this.english.clear();
    this.other.clear();
    this.runs.clear();
  }

  /** Adds the terms of a text in the language that it is said to have. */
  add(text: string, language: Language): void {
    const normalized = text.normalize("NFKC");
    const { tokens } = this;
    const first = this.count;
    tokens.scan(normalized, 0, normalized.length);
    while (tokens.next()) {
      if ((tokens.classes & SCRIPTS) === 0) this.addWord(normalized, tokens, language);
      else this.addScripts(normalized, language);
    }
    if (this.pending.length > 0) this.putInDictionaryWords(first);
  }

  private addNumber(number: number): void {
    if (this.count === this.numbers.length) {
      const numbers = new Int32Array(2 * this.count);
      numbers.set(this.numbers);
      this.numbers = numbers;
    }
    this.numbers[this.count++] = number;
  }

  private addWord(text: string, { start, end, hash }: TokenScanner, language: Language): void {
    const memory = language === "other" ? this.other : this.english;
    const word = memory.find(text, start, end, hash);
    if (word !== 0) {
      this.addRemembered(memory, word);
      return;
    }
    const token = text.slice(start, end);
    const numbers = termsOfToken(token, language).map((term) => this.terms.numberOf(term));
    memory.remember(token, hash, numbers);
    for (const number of numbers) this.addNumber(number);
  }

  private addRemembered(memory: WordMemory, word: number): void {
    const end = memory.endOfTerms(word);
    for (let index = memory.firstTerm(word); index < end; index++) this.addNumber(memory.termAt(index));
  }

  /** The runs of one script each in the token found last. */
  private addScripts(text: string, language: Language): void {
    const { start, end } = this.tokens;
    for (let runStart = start, position = start; runStart < end; runStart = position) {
      const script = classAt(text, runStart, end) & SCRIPTS;
      let bits = script;
      while (position < end && (bits & SCRIPTS) === script) {
        bits = classAt(text, position, end);
        if ((bits & SCRIPTS) === script) position += widthOf(bits);
      }
      if (script === IDEOGRAPH) this.addIdeographs(text, runStart, position);
      else if (script === HANGUL) this.addRuns(text, runStart, position, 2);
      else if (script === UNSPACED) this.addRuns(text, runStart, position, 3);
      else this.addWords(text, runStart, position, language);
    }
  }

  private addWords(text: string, start: number, end: number, language: Language): void {
    this.words.scan(text, start, end);
    while (this.words.next()) this.addWord(text, this.words, language);
  }

  /** Characters and pairs of them, and later on the longer words: 検索エンジン gives 検, 検索, 索, 索エ, エ, ..., エンジン. */
  private addIdeographs(text: string, start: number, end: number): void {
    for (let previous = start, position = start; position < end; ) {
      const next = position + widthOf(classAt(text, position, end));
      if (position > start) this.addNumber(this.terms.numberOf(text, previous, next));
      this.addNumber(this.terms.numberOf(text, position, next));
      previous = position;
      position = next;
    }
    if (end - start < MIN_DICTIONARY_WORD_LENGTH) return;
    const hash = termFingerprint(text, start, end) | 0;
    const known = this.runs.find(text, start, end, hash);
    if (known !== 0) this.addRemembered(this.runs, known);
    else this.pending.push({ run: text.slice(start, end), hash, end: this.count });
  }

  /** Runs of `length` characters each; a shorter text as it is. */
  private addRuns(text: string, start: number, end: number, length: number): void {
    let first = start;
    let characters = 0;
    for (let position = start; position < end; ) {
      position += widthOf(classAt(text, position, end));
      characters += 1;
      if (characters > length) first += widthOf(classAt(text, first, end));
      if (characters >= length) this.addNumber(this.terms.numberOf(text, first, position));
    }
    if (characters < length) this.addNumber(this.terms.numberOf(text, start, end));
  }

  /** Puts the words of the pending runs behind the characters of their run, in what came since `first`. */
  private putInDictionaryWords(first: number): void {
    const words = dictionaryWordsOf(this.pending.map(({ run }) => run));
    const characters = this.numbers.slice(first, this.count);
    this.count = first;
    let copied = 0;
    for (const [index, { run, hash, end }] of this.pending.entries()) {
      while (copied < end - first) this.addNumber(characters[copied++] ?? 0);
      const numbers = (words[index] ?? []).map((word) => this.terms.numberOf(word.slice(0, MAX_TERM_LENGTH)));
      // A text may have the same run many times.
      if (this.runs.find(run, 0, run.length, hash) === 0) this.runs.remember(run, hash, numbers);
      for (const number of numbers) this.addNumber(number);
    }
    while (copied < characters.length) this.addNumber(characters[copied++] ?? 0);
    this.pending.length = 0;
  }
}
