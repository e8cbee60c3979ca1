import { createHash } from "node:crypto";

const WORDS_PER_PARAGRAPH = 9;
const LETTERS_PER_WORD = 9;

/** Paragraphs whose words stand under no other name. */
export function textOf(name: string, paragraphs: number): string {
  return Array.from({ length: paragraphs }, (_, paragraph) => {
    const words = Array.from({ length: WORDS_PER_PARAGRAPH }, (_, word) => wordOf(`${name} ${paragraph} ${word}`));
    return `${words.join(" ")}.`;
  }).join("\n\n");
}

/** A word of letters alone, which no analyzer takes apart. */
function wordOf(seed: string): string {
  const bytes = createHash("sha256").update(seed).digest().subarray(0, LETTERS_PER_WORD);
  return Array.from(bytes, (byte) => String.fromCharCode(97 + (byte % 26))).join("");
}
