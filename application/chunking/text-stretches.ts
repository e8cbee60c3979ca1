import type { Section, SourceDocument } from "../../domain/document.ts";
import type { Span } from "../../domain/text/sentences.ts";
import { readCodeBlocks } from "./code-blocks.ts";
import { type Block, type Heading, readBlocks } from "./text-blocks.ts";
import type { WorkPacer } from "./work-pacer.ts";

/** A section with its blocks; a chunk never leaves it. */
export interface Stretch extends Span {
  readonly path: readonly string[];
  readonly page?: number;
  readonly blocks: readonly Block[];
}

/** The sections of a document in order, a heading without text of its own together with the section after it. @throws ServiceError timeout, cancelled */
export async function* stretchesOf(
  document: SourceDocument,
  pacer: WorkPacer,
): AsyncGenerator<Stretch, void, undefined> {
  const { text, sections } = document;
  const bare: Stretch[] = [];
  for await (const stretch of sections === undefined ? byHeadings(text, pacer) : bySections(text, sections, pacer)) {
    if (isBare(text, stretch)) {
      bare.push(stretch);
    } else {
      yield joined([...bare.splice(0), stretch], stretch);
    }
  }
  const last = bare.at(-1);
  if (last !== undefined) yield joined(bare, last);
}

function joined(stretches: readonly Stretch[], last: Stretch): Stretch {
  if (stretches.length === 1) return last;
  return { ...last, start: stretches[0]?.start ?? last.start, blocks: stretches.flatMap(({ blocks }) => blocks) };
}

function isBare(text: string, { start, end, path, blocks }: Stretch): boolean {
  if (blocks.length > 1) return false;
  const [block] = blocks;
  return block === undefined || block.kind === "heading" || text.slice(start, end).trim() === path.at(-1);
}

async function* byHeadings(text: string, pacer: WorkPacer): AsyncGenerator<Stretch, void, undefined> {
  let above: Heading[] = [];
  let blocks: Block[] = [];
  let start = 0;
  const stretch = (end: number): Stretch => ({ start, end, path: above.map(({ title }) => title), blocks });
  for await (const block of readBlocks(text, { start: 0, end: text.length }, true, pacer)) {
    const { heading } = block;
    if (heading !== undefined) {
      if (blocks.length > 0) yield stretch(block.start);
      above = [...above.filter(({ level }) => level < heading.level), heading];
      blocks = [];
      start = block.start;
    }
    blocks.push(block);
  }
  if (blocks.length > 0) yield stretch(text.length);
}

/** What stands between the sections has no heading. */
async function* bySections(
  text: string,
  sections: readonly Section[],
  pacer: WorkPacer,
): AsyncGenerator<Stretch, void, undefined> {
  let covered = 0;
  const rest: Section = { start: text.length, end: text.length, path: [] };
  for (const { start, end, ...place } of [...sections, rest]) {
    if (start > covered) yield await stretchOf(text, { start: covered, end: start, path: [] }, pacer);
    const section = { start: Math.max(start, covered), end: Math.min(end, text.length), ...place };
    if (section.start < section.end) yield await stretchOf(text, section, pacer);
    covered = Math.max(covered, end);
  }
}

async function stretchOf(text: string, { isCode, ...section }: Section, pacer: WorkPacer): Promise<Stretch> {
  const blocks: Block[] = [];
  const read = isCode ? readCodeBlocks(text, section, pacer) : readBlocks(text, section, false, pacer);
  for await (const block of read) blocks.push(block);
  return { ...section, blocks };
}
