import type { TokenizerPort } from "../../domain/ports/tokenizer-port.ts";

/** Counts words: tests can do the sum in their heads. */
export const wordTokenizer: TokenizerPort = {
  count: (text) => text.split(/\s+/u).filter((word) => word !== "").length,
};
