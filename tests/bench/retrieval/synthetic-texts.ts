import { randomNumbers } from "../../support/vectors.ts";

const VOCABULARY = 20_000;
/** Words of a passage, about 150 tokens. */
const WORDS = 110;
const SYLLABLES = [
  "ba",
  "cor",
  "den",
  "fi",
  "gal",
  "hu",
  "jer",
  "ko",
  "lum",
  "mi",
  "nor",
  "pa",
  "qui",
  "ras",
  "sto",
  "tu",
];
const FUNCTION_WORDS = ["the", "of", "and", "to", "in", "is", "that", "for", "with", "as"];

/** Passages of words that are as unevenly frequent as those of a language (Zipf's law). The same texts for the same seed. */
export class SyntheticTexts {
  private readonly random: () => number;
  private number = 0;

  constructor(seed: number) {
    this.random = randomNumbers(seed);
  }

  /** A text that no other one is alike. */
  next(): string {
    const words = Array.from({ length: WORDS }, (_, position) =>
      position % 2 === 0 ? this.functionWord() : this.word(),
    );
    return `Passage ${this.number++}. ${words.join(" ")}.`;
  }

  private functionWord(): string {
    return FUNCTION_WORDS[Math.floor(this.random() * FUNCTION_WORDS.length)] ?? "";
  }

  private word(): string {
    let word = "";
    for (let rest = Math.floor(VOCABULARY ** this.random()); rest > 0; rest = Math.floor(rest / SYLLABLES.length)) {
      word += SYLLABLES[rest % SYLLABLES.length];
    }
    return word;
  }
}
