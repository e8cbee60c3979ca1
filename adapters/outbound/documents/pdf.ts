import { getDocumentProxy } from "unpdf";
import type { Section } from "../../../domain/document.ts";
import { splitSentences } from "../../../domain/text/sentences.ts";
import { foundTitle } from "./document-limits.ts";
import { type FileContent, UnreadableError } from "./file-content.ts";
import { pageText, withoutRunningLines } from "./pdf-page.ts";

type PdfDocument = Awaited<ReturnType<typeof getDocumentProxy>>;

/** What programs write as title when nobody gave one. */
const MEANINGLESS_TITLE = /^(?:untitled|microsoft (?:word|powerpoint) - |.*\.(?:docx?|pptx?|tex|dvi|indd|pdf)$)/iu;
const MAX_CARRIED_SENTENCE = 2_000;
const SENTENCE_GOES_ON = /[\p{L}\p{N},，、;；-]$/u;
const IDEOGRAPH_AT_END = /\p{sc=Han}[，、；]?$/u;
const PASSWORD_EXCEPTION = "PasswordException";

/**
 * The text of a PDF, a section for each page that has any. A sentence that runs over the end of a page belongs to the
 * page where it starts.
 * @throws UnreadableError a PDF that is encrypted, broken, or without text (scanned)
 */
export async function parsePdf(bytes: Uint8Array): Promise<FileContent> {
  const pdf = await opened(bytes);
  try {
    const pages: string[] = [];
    for (let number = 1; number <= pdf.numPages; number += 1) {
      pages.push(await textOfPage(pdf, number));
    }
    const content = joinedPages(withoutRunningLines(pages));
    if (content.text === "") {
      throw new UnreadableError("The PDF holds no text that can be read; scanned pages need text recognition first.");
    }
    const title = await titleOf(pdf);
    return { ...content, ...(title === undefined ? {} : { title }) };
  } finally {
    await pdf.loadingTask.destroy();
  }
}

async function opened(bytes: Uint8Array): Promise<PdfDocument> {
  try {
    // PDF.js takes the bytes away from their owner, so it gets a copy; 0 lets it report errors only by throwing.
    return await getDocumentProxy(new Uint8Array(bytes), { verbosity: 0 });
  } catch (error) {
    const isEncrypted = error instanceof Error && error.name === PASSWORD_EXCEPTION;
    const reason = isEncrypted ? "The PDF is encrypted; remove its password first." : "The file is not a readable PDF.";
    throw new UnreadableError(reason, { cause: error });
  }
}

async function textOfPage(pdf: PdfDocument, number: number): Promise<string> {
  const { items } = await contentOfPage(pdf, number);
  return pageText(items.filter((item) => "str" in item));
}

async function contentOfPage(pdf: PdfDocument, number: number) {
  try {
    const page = await pdf.getPage(number);
    const content = await page.getTextContent();
    page.cleanup();
    return content;
  } catch (error) {
    throw new UnreadableError(`Page ${number} of the PDF is broken.`, { cause: error });
  }
}

async function titleOf(pdf: PdfDocument): Promise<string | undefined> {
  const { info } = await pdf.getMetadata();
  const given = "Title" in info && typeof info.Title === "string" ? info.Title : "";
  return MEANINGLESS_TITLE.test(given.trim()) ? undefined : foundTitle(given);
}

function joinedPages(pages: readonly string[]): { text: string; sections: Section[] } {
  const sections: Section[] = [];
  let text = "";
  for (const [index, page] of pages.entries()) {
    if (page === "") continue;
    const previous = sections.at(-1);
    const carried = previous === undefined ? 0 : carriedLength(text, page);
    if (previous !== undefined) text += carried === 0 ? "\n\n" : IDEOGRAPH_AT_END.test(text) ? "" : "\n";
    const start = text.length + carried;
    text += page;
    if (previous !== undefined) sections[sections.length - 1] = { ...previous, end: start };
    if (carried < page.length) sections.push({ start, end: text.length, path: [], page: index + 1 });
  }
  return { text, sections };
}

/** How much of a page ends the sentence that the text before it leaves open. */
function carriedLength(before: string, page: string): number {
  const goesOn = /^\p{Ll}/u.test(page)
    ? SENTENCE_GOES_ON.test(before)
    : IDEOGRAPH_AT_END.test(before) && /^\p{sc=Han}/u.test(page);
  return goesOn ? (splitSentences(page.slice(0, MAX_CARRIED_SENTENCE))[0]?.end ?? 0) : 0;
}
