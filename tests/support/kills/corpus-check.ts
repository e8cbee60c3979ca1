import { expect } from "vitest";
import { GptTokenizer } from "../../../adapters/outbound/tokenizer/tokenizer.ts";
import { readyToPut } from "../../../application/chunking/ready-to-put.ts";
import { addressOf, ask, search } from "./service-client.ts";

/** Texts of documents by their ids. */
export type Texts = ReadonlyMap<string, string>;

/** Tokens of a passage: few, so that documents have several. */
export const CHUNKS = { targetTokens: 64, maxTokens: 96 } as const;
/** Hits among which a passage must be that is searched by its own text. */
const TOP_K = 3;
const AT_ONCE = 8;

const tokenizer = new GptTokenizer();
const unending = new AbortController().signal;

/** The documents of these ids that the service holds. */
export async function heldTexts(url: string, corpus: string, ids: readonly string[]): Promise<Texts> {
  const held = new Map<string, string>();
  await inTurns(ids, async (id) => {
    const { status, body } = await ask(url, "GET", addressOf(corpus, id));
    if (status === 404) return;
    expect(status, `${id}: ${JSON.stringify(body)}`).toBe(200);
    held.set(id, String(body?.text));
  });
  return held;
}

/**
 * Record and search agree: every passage of the documents is found by its text, nothing of the texts that are gone is, and
 * the corpus counts what there is.
 */
export async function expectSearched(url: string, corpus: string, held: Texts, gone: readonly string[]): Promise<void> {
  const passages = new Map<string, string>();
  for (const [id, text] of held) {
    for (const passage of await passagesOf(id, text)) passages.set(passage, id);
  }
  const { body } = await ask(url, "GET", "/corpora");
  const corpora = body?.corpora as readonly { name: string; documents: number; passages: number }[];
  const described = corpora.find(({ name }) => name === corpus);
  expect(described, corpus).toMatchObject({ documents: held.size, passages: passages.size });
  await inTurns([...passages], async ([text, id]) => {
    const found = await search(url, corpus, text, TOP_K);
    expect(
      found.some((passage) => passage.document_id === id && passage.text === text),
      `${corpus}: what ${id} holds is not found: ${text}`,
    ).toBe(true);
  });
  await inTurns(gone, async (text) => {
    for (const old of await passagesOf("gone", text)) {
      const found = (await search(url, corpus, old, TOP_K)).filter((passage) => passage.text === old);
      expect(
        found.filter(() => !passages.has(old)),
        `${corpus}: what was deleted is found: ${old}`,
      ).toEqual([]);
    }
  });
}

async function passagesOf(id: string, text: string): Promise<readonly string[]> {
  const { chunks } = await readyToPut({ id, text }, CHUNKS, tokenizer, unending);
  return chunks.map((chunk) => chunk.text);
}

/** Works through the items, some at once. */
async function inTurns<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  for (let start = 0; start < items.length; start += AT_ONCE) {
    await Promise.all(items.slice(start, start + AT_ONCE).map(work));
  }
}
