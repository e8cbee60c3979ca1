import type { Chunk } from "../../domain/chunk.ts";
import type { SourceDocument } from "../../domain/document.ts";
import { throwIfAborted } from "../../domain/errors.ts";
import type { TokenizerPort } from "../../domain/ports/tokenizer-port.ts";
import { detectLanguage } from "../../domain/text/language.ts";
import type { Span } from "../../domain/text/sentences.ts";
import type { Block } from "./text-blocks.ts";
import { type Stretch, stretchesOf } from "./text-stretches.ts";
import { type ChunkSettings, GAP_TOKENS, type Lead, type Piece, PieceCutter, trimmedSpan } from "./token-pieces.ts";
import { WorkPacer } from "./work-pacer.ts";

/** Sizes that chunks have where the caller says nothing else. */
export const DEFAULT_CHUNK_SETTINGS: ChunkSettings = { targetTokens: 320, maxTokens: 512 };

const ID_BYTES = 12;

interface Sized extends Span {
  readonly tokens: number;
}

/**
 * Cuts a document into chunks, in the order of its text: by its sections where the reader gave them, else by its Markdown
 * headings. A section within maxTokens is one chunk; a longer one is shared out into chunks near to targetTokens that
 * keep paragraphs, lists, tables and code blocks whole where they fit, then sentences, rows and lines. Chunks cover all
 * but white space and never overlap. Ids depend on the document's id, the heading path and the text alone.
 * [] for a text of nothing but white space. Gives way to other work every 5 ms.
 * @throws ServiceError timeout, cancelled
 */
export async function chunkDocument(
  document: SourceDocument,
  settings: ChunkSettings,
  tokenizer: TokenizerPort,
  signal: AbortSignal,
): Promise<Chunk[]> {
  throwIfAborted(signal);
  const pacer = new WorkPacer(signal);
  const cutter = new PieceCutter(document.text, settings, tokenizer, pacer);
  const ids = new ChunkIds(document.id);
  const chunks: Chunk[] = [];
  for await (const stretch of stretchesOf(document, pacer)) {
    for await (const span of spansOf(document.text, stretch, settings, cutter, pacer)) {
      chunks.push(await chunkOf(document, stretch, span, ids));
      await pacer.pause();
    }
  }
  return chunks;
}

async function* spansOf(
  text: string,
  stretch: Stretch,
  settings: ChunkSettings,
  cutter: PieceCutter,
  pacer: WorkPacer,
): AsyncGenerator<Sized, void, undefined> {
  const whole = trimmedSpan(text, stretch);
  if (whole.start === whole.end) return;
  const tokens = cutter.tokensWithin(whole);
  if (tokens !== undefined) {
    yield { ...whole, tokens };
    return;
  }
  const pieces = await cutter.pieces(stretch.blocks, (block) => leadOf(text, block, stretch.path));
  for await (const group of shareOut(pieces, settings, pacer)) yield* measured(text, group, cutter);
}

function leadOf(text: string, { kind, start, end }: Block, path: readonly string[]): Lead | undefined {
  if (kind === "heading") return "heading";
  if (kind !== "paragraph") return undefined;
  const content = text.slice(start, end).trim();
  if (content === path.at(-1)) return "heading";
  return /[:：]$/u.test(content) ? "introduction" : undefined;
}

/** The pieces in groups of nearly equal size near to the target, none above the limit; what leads on stays with what follows. */
async function* shareOut(
  pieces: readonly Piece[],
  { targetTokens, maxTokens }: ChunkSettings,
  pacer: WorkPacer,
): AsyncGenerator<readonly Piece[], void, undefined> {
  let remaining = pieces.reduce((sum, { tokens }) => sum + tokens + GAP_TOKENS, 0);
  let group: Piece[] = [];
  let groupTokens = 0;
  let aim = aimFor(remaining, targetTokens, maxTokens);
  for (const unit of unitsOf(pieces, maxTokens)) {
    const isFull = groupTokens + unit.tokens > maxTokens || groupTokens + unit.tokens / 2 > aim;
    if (group.length > 0 && isFull) {
      yield group;
      await pacer.pause();
      remaining -= groupTokens;
      aim = aimFor(remaining, targetTokens, maxTokens);
      group = [];
      groupTokens = 0;
    }
    group.push(...unit.pieces);
    groupTokens += unit.tokens;
  }
  if (group.length > 0) yield group;
}

function aimFor(tokens: number, targetTokens: number, maxTokens: number): number {
  return tokens <= maxTokens ? maxTokens : tokens / Math.ceil(tokens / targetTokens);
}

interface Unit {
  readonly pieces: Piece[];
  tokens: number;
}

/** Pieces that stay together: one, or one that leads on with the next, where both fit. */
function* unitsOf(pieces: readonly Piece[], maxTokens: number): Generator<Unit, void, undefined> {
  let unit: Unit | undefined;
  for (const piece of pieces) {
    const tokens = piece.tokens + GAP_TOKENS;
    if (unit?.pieces.at(-1)?.leadsOn === true && unit.tokens + tokens <= maxTokens) {
      unit.pieces.push(piece);
      unit.tokens += tokens;
    } else {
      if (unit !== undefined) yield unit;
      unit = { pieces: [piece], tokens };
    }
  }
  if (unit !== undefined) yield unit;
}

/** The group as one span with its exact tokens; halved where together they are more than their sum. */
function* measured(text: string, group: readonly Piece[], cutter: PieceCutter): Generator<Sized, void, undefined> {
  const [first] = group;
  const last = group.at(-1);
  if (first === undefined || last === undefined) return;
  const span = trimmedSpan(text, { start: first.start, end: last.end });
  if (span.start === span.end) return;
  const tokens = group.length === 1 ? first.tokens : cutter.tokensWithin(span);
  if (tokens !== undefined) {
    yield { ...span, tokens };
    return;
  }
  const middle = Math.ceil(group.length / 2);
  yield* measured(text, group.slice(0, middle), cutter);
  yield* measured(text, group.slice(middle), cutter);
}

async function chunkOf(
  { title, text: whole }: SourceDocument,
  { path, page }: Stretch,
  { start, end, tokens }: Sized,
  ids: ChunkIds,
): Promise<Chunk> {
  const text = whole.slice(start, end);
  const searchText = searchTextOf(title, path, text);
  const language = detectLanguage(searchText);
  return {
    id: await ids.next(path, text),
    text,
    start,
    end,
    section: path,
    ...(page === undefined ? {} : { page }),
    ...(language === "other" ? {} : { language }),
    tokens,
    searchText,
  };
}

/** What a model or an index reads of a passage: title and headings, each on a line of its own, and the text. */
export function searchTextOf(title: string | undefined, path: readonly string[], text: string): string {
  return [...namesInFront(title, path, text), text].join("\n");
}

/** Title and headings, each once, without those that the text itself starts with. */
function namesInFront(title: string | undefined, path: readonly string[], text: string): string[] {
  const names = new Set([...(title === undefined ? [] : [title]), ...path]);
  const opening = text
    .split("\n", names.size * 2)
    .map((line) => line.replace(/^[ \t#]+/u, "").replace(/(?<![ \t#\r])[ \t#\r]+$/u, ""));
  return [...names].filter((name) => !opening.includes(name));
}

/** Ids by content; equal chunks of one document are told apart by their order. */
class ChunkIds {
  private readonly documentId: string;
  private readonly seen = new Map<string, number>();

  constructor(documentId: string) {
    this.documentId = documentId;
  }

  async next(path: readonly string[], text: string): Promise<string> {
    const key = JSON.stringify([this.documentId, path, text]);
    const content = await digest(key);
    const ordinal = this.seen.get(content) ?? 0;
    this.seen.set(content, ordinal + 1);
    return ordinal === 0 ? content : digest(`${key}${ordinal}`);
  }
}

/** 16 characters of base64url: 96 bits of SHA-256. */
async function digest(content: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(content)));
  return btoa(String.fromCharCode(...hash.subarray(0, ID_BYTES)))
    .replaceAll("+", "-")
    .replaceAll("/", "_");
}
