import { parseHTML } from "linkedom";
import mammoth from "mammoth";
import { foundTitle } from "./document-limits.ts";
import { type FileContent, UnreadableError } from "./file-content.ts";
import { HtmlText } from "./html-text.ts";
import { zipEntries } from "./zip-directory.ts";

/** What encrypted DOCX files and Word's older .doc files begin with, a compound file. */
const COMPOUND_FILE = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
const MEBIBYTE = 1_048_576;
const MAX_XML_MEBIBYTES = 100;
/** `p.title` is the document's title, which heads no section. */
const STYLES = ["p[style-name='Title'] => p.title:fresh", "p[style-name='Subtitle'] => p:fresh"];
const NOTE_MARK =
  'a[href^="#footnote-"]:not([href^="#footnote-ref-"]), a[href^="#endnote-"]:not([href^="#endnote-ref-"])';
const BACK_LINK = 'a[href^="#footnote-ref-"], a[href^="#endnote-ref-"]';

/**
 * The text of a Word document in its reading order, with lists and tables in Markdown's form: headings become the
 * sections' paths, and a footnote follows the paragraph, list or table that it is of. Pictures, headers and footers are
 * left out. Nothing outside the file is read.
 * @throws UnreadableError a file that is none, encrypted, broken, or with more than 100 MiB of XML
 */
export async function parseDocx(bytes: Uint8Array): Promise<FileContent> {
  checkArchive(bytes);
  const { document } = parseHTML(`<html><body>${await htmlOf(bytes)}</body></html>`);
  placeNotes(document);
  const titleElement = document.querySelector("p.title") ?? document.querySelector("h1");
  const title = foundTitle(titleElement?.textContent);
  const { text, sections } = new HtmlText(document.body);
  return { text, sections, ...(title === undefined ? {} : { title }) };
}

function checkArchive(bytes: Uint8Array): void {
  if (COMPOUND_FILE.every((byte, index) => bytes[index] === byte)) {
    throw new UnreadableError("The DOCX is encrypted, or an older Word file; save it without a password, as DOCX.");
  }
  const entries = zipEntries(bytes);
  if (entries === undefined) throw new UnreadableError("The file is not a readable DOCX: it is no whole ZIP archive.");
  const xml = entries.filter(({ name }) => /\.(?:xml|rels)$/iu.test(name));
  const unpacked = xml.reduce((sum, entry) => sum + entry.bytes, 0);
  if (unpacked > MAX_XML_MEBIBYTES * MEBIBYTE) {
    throw new UnreadableError(
      `The DOCX unpacks to ${unpacked} bytes of XML; at most ${MAX_XML_MEBIBYTES} MiB are allowed.`,
    );
  }
}

async function htmlOf(bytes: Uint8Array): Promise<string> {
  try {
    const convertImage = mammoth.images.imgElement(async () => ({ src: "" }));
    const options = { styleMap: STYLES, convertImage, externalFileAccess: false };
    return (await mammoth.convertToHtml({ buffer: Buffer.from(bytes) }, options)).value;
  } catch (error) {
    throw new UnreadableError("The file is not a readable DOCX: it is broken, or holds no Word document.", {
      cause: error,
    });
  }
}

/**
 * mammoth gathers the notes in a list at the end: each is moved behind the block that refers to it. `[1]` becomes `(1)`,
 * for in an answer square brackets cite a passage.
 */
function placeNotes(document: Document): void {
  const lastOf = new Map<Element, Element>();
  for (const link of document.querySelectorAll(BACK_LINK)) link.remove();
  for (const mark of document.querySelectorAll(NOTE_MARK)) {
    const note = document.getElementById(mark.getAttribute("href")?.slice(1) ?? "");
    const block = blockOf(mark, document.body);
    if (note === null || block === undefined) continue;
    const number = `(${(mark.textContent ?? "").replaceAll(/[[\]]/gu, "")})`;
    mark.textContent = ` ${number}`;
    (note.firstElementChild ?? note).prepend(`${number} `);
    const placed = document.createElement("div");
    placed.append(...note.childNodes);
    (lastOf.get(block) ?? block).after(placed);
    lastOf.set(block, placed);
    note.remove();
  }
}

/** The ancestor, or the element itself, that stands directly in the root. */
function blockOf(element: Element, root: Element): Element | undefined {
  let block: Element | null = element;
  while (block !== null && block.parentElement !== root) block = block.parentElement;
  return block ?? undefined;
}
