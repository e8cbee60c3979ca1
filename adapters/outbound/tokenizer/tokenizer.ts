import { createRequire } from "node:module";
import type { TokenizerPort } from "../../../domain/ports/tokenizer-port.ts";

type Encoding = typeof import("gpt-tokenizer/encoding/o200k_base");

/** Byte-pair merging takes time quadratic in a run's length: longer runs are counted in pieces. */
const MAX_RUN = 64;
/** The package moves an entry of its cache at each hit, which takes 50 us in its default of 100,000 entries. */
const REMEMBERED_MERGES = 2_000;

/** What the encoding never merges across: letters, what is neither letter, digit nor space, white space. */
const RUN = /[\p{L}\p{M}]+|[^\s\p{L}\p{M}\p{N}]+|\s+/gu;
const PIECE = new RegExp(`.{1,${MAX_RUN}}`, "gsu");
const AS_PLAIN_TEXT = { disallowedSpecial: new Set<string>() };

let loaded: Encoding | undefined;

/** The vocabulary takes 0.25 s and 70 MB to load, so it waits for the first count, which cannot await. */
function encoding(): Encoding {
  if (loaded === undefined) {
    loaded = createRequire(import.meta.url)("gpt-tokenizer/encoding/o200k_base") as Encoding;
    loaded.setMergeCacheSize(REMEMBERED_MERGES);
  }
  return loaded;
}

/** The text as it stands where no run is long, else cut after every MAX_RUN code points of the long ones. */
function* pieces(text: string): Generator<string, void, undefined> {
  let start = 0;
  for (const { 0: run, index } of text.matchAll(RUN)) {
    if (run.length <= MAX_RUN) continue;
    let end = index;
    for (const [piece] of run.matchAll(PIECE)) {
      end += piece.length;
      yield text.slice(start, end);
      start = end;
    }
  }
  if (start < text.length) yield text.slice(start);
}

/**
 * Counts tokens of o200k_base, the encoding of OpenAI's models since GPT-4o. The vocabulary is loaded at the first count
 * (0.25 s), once for all instances. Exact, but for runs of more than 64 letters, signs or spaces without a break, which
 * count at most one token too many for every 64; so that the time grows with the length only.
 */
export class GptTokenizer implements TokenizerPort {
  count(text: string): number {
    if (text === "") return 0;
    const { countTokens } = encoding();
    let tokens = 0;
    for (const piece of pieces(text)) tokens += countTokens(piece, AS_PLAIN_TEXT);
    return tokens;
  }
}
