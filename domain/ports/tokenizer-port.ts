/** Counts tokens as a model would. */
export interface TokenizerPort {
  /** Tokens of the text; 0 for "". Text that looks like a model's control token counts as plain text. */
  count(text: string): number;
}
