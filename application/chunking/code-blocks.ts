import type { Span } from "../../domain/text/sentences.ts";
import type { Block } from "./text-blocks.ts";
import type { WorkPacer } from "./work-pacer.ts";

const BLANK_LINES = /\n(?:[ \t\r]*\n)+/gu;

/**
 * The blocks of text.slice(start, end) in order, read as code: what stands between blank lines. They cover everything;
 * none for white space. @throws ServiceError timeout, cancelled
 */
export async function* readCodeBlocks(
  text: string,
  { start, end }: Span,
  pacer: WorkPacer,
): AsyncGenerator<Block, void, undefined> {
  const code = text.slice(start, end);
  let from = 0;
  for (const { index, 0: gap } of code.matchAll(BLANK_LINES)) {
    const to = index + gap.length;
    if (code.slice(from, index).trim() === "") continue;
    yield { kind: "code", start: start + from, end: start + to };
    from = to;
    await pacer.pause();
  }
  if (code.slice(from).trim() !== "") yield { kind: "code", start: start + from, end };
}
