import type { SourceDocument } from "../domain/document.ts";
import { throwIfAborted } from "../domain/errors.ts";
import type { CorpusPort } from "../domain/ports/corpus-port.ts";
import { seededRandom } from "./seeded-random.ts";

/** Documents that a sample holds at most. */
export const SAMPLE_DOCUMENTS = 1_000;
/** Characters that each of them is cut to. */
const SAMPLE_CHARACTERS = 20_000;

const PAGE = 100;
const SEED = 1;

/**
 * An even sample of a corpus, the same one for the same documents (reservoir sampling): at most 1,000, each cut to its first
 * 20,000 characters, with the sections that begin in these. `onProgress` gets the share of the corpus that was read.
 * @throws ServiceError what CorpusPort.describe and list throw, timeout, cancelled
 */
export async function sampleDocuments(
  corpus: CorpusPort,
  signal: AbortSignal,
  onProgress: (share: number) => void = () => {},
): Promise<readonly SourceDocument[]> {
  const { documents: total } = await corpus.describe(signal);
  const random = seededRandom(SEED);
  const sample: SourceDocument[] = [];
  let seen = 0;
  for (let after: string | undefined; ; ) {
    throwIfAborted(signal);
    const page = await corpus.list(after === undefined ? { limit: PAGE } : { after, limit: PAGE }, signal);
    if (page.length === 0) return sample;
    for (const document of page) {
      const place = seen < SAMPLE_DOCUMENTS ? seen : random() % (seen + 1);
      if (place < SAMPLE_DOCUMENTS) sample[place] = cut(document);
      seen += 1;
    }
    after = page.at(-1)?.id;
    onProgress(Math.min(1, seen / Math.max(1, total)));
  }
}

function cut(document: SourceDocument): SourceDocument {
  const { text, sections = [] } = document;
  if (text.length <= SAMPLE_CHARACTERS) return document;
  return {
    ...document,
    text: text.slice(0, SAMPLE_CHARACTERS),
    sections: sections
      .filter(({ start }) => start < SAMPLE_CHARACTERS)
      .map((section) => ({ ...section, end: Math.min(section.end, SAMPLE_CHARACTERS) })),
  };
}
