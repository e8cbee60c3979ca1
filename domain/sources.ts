import type { Source } from "./prompt.ts";
import { QuoteFinder } from "./quotes.ts";

/** A source of a prompt that the answer's statements are looked for in. */
export interface CitableSource extends Source {
  readonly quotes: QuoteFinder;
}

/** The sources in their order. */
export function citable(sources: readonly Source[]): readonly CitableSource[] {
  return sources.map((source) => ({ ...source, quotes: new QuoteFinder(source.passage.text) }));
}
