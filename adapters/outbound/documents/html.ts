import { Readability } from "@mozilla/readability";
import { parseHTML } from "linkedom";
import { declaredCharset, decodeText } from "./decode-text.ts";
import { foundTitle } from "./document-limits.ts";
import { type FileContent, UnreadableError } from "./file-content.ts";
import { HtmlText } from "./html-text.ts";

/** An article shorter than this is a page's fragment rather than its content. */
const MIN_ARTICLE_LENGTH = 250;
/** Readability's time grows with the cube of the depth: 2 s at 1,000. */
const MAX_READABLE_DEPTH = 200;
const HAS_ROOT = /<html[\s>]/iu;
const HAS_BODY = /<body[\s>]/iu;
/** Around the content rather than in it. */
const PAGE_FURNITURE = "nav, header, footer, aside, [role=navigation], [role=banner], [role=contentinfo]";

/**
 * The readable part of a page, as Mozilla's Readability finds it, else its body without navigation; headings become the
 * sections' paths. Scripts are never run, nothing is fetched.
 * @throws UnreadableError bytes that are binary or not of the declared encoding, a page that cannot be parsed
 */
export function parseHtml(bytes: Uint8Array): FileContent {
  const markup = decodeText(bytes, declaredCharset(bytes));
  try {
    return contentOf(markup);
  } catch (error) {
    if (error instanceof UnreadableError) throw error;
    throw new UnreadableError("The page cannot be parsed as HTML; it may be nested too deeply.", { cause: error });
  }
}

function contentOf(markup: string): FileContent {
  const page = completed(markup);
  const { document } = parseHTML(page);
  const pageTitle = document.querySelector("title, h1")?.textContent;
  const article = depthOf(document.body) > MAX_READABLE_DEPTH ? null : articleOf(page);
  const articleText = article?.content ? new HtmlText(article.content) : undefined;
  const isArticle = articleText !== undefined && articleText.text.length >= MIN_ARTICLE_LENGTH;
  const { text, sections } = isArticle ? articleText : bodyText(document);
  const title = foundTitle(article?.title) ?? foundTitle(pageTitle);
  return { text, sections, ...(title === undefined ? {} : { title }) };
}

/** linkedom does not add the elements that HTML lets a page leave out. */
function completed(markup: string): string {
  if (!HAS_BODY.test(markup)) return `<html><body>${markup}</body></html>`;
  return HAS_ROOT.test(markup) ? markup : `<html>${markup}</html>`;
}

/** Readability takes its document apart, so it gets its own. */
function articleOf(page: string) {
  return new Readability<Node>(parseHTML(page).document, { serializer: (node) => node }).parse();
}

function depthOf(root: Element): number {
  let deepest = 0;
  let depth = 0;
  let element: Element | null = root.firstElementChild;
  while (element !== null) {
    deepest = Math.max(deepest, depth + 1);
    if (element.firstElementChild !== null) {
      element = element.firstElementChild;
      depth += 1;
      continue;
    }
    while (element !== null && element !== root && element.nextElementSibling === null) {
      element = element.parentElement;
      depth -= 1;
    }
    element = element === null || element === root ? null : element.nextElementSibling;
  }
  return deepest;
}

function bodyText(document: Document): HtmlText {
  const whole = new HtmlText(document.body);
  for (const element of document.querySelectorAll(PAGE_FURNITURE)) element.remove();
  const content = new HtmlText(document.body);
  return content.text === "" ? whole : content;
}
