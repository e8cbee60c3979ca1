import { parse, YAMLError } from "yaml";
import { decodeText } from "./decode-text.ts";
import { foundTitle, metadataOf } from "./document-limits.ts";
import type { FileContent } from "./file-content.ts";

const MAX_FRONT_MATTER = 65_536;
/** A line's marks stand in its beginning; more of it would cost time that grows with the square of its length. */
const MAX_MARKED_LINE = 1_000;
const FRONT_MATTER = /^---[ \t]*\r?\n(?<yaml>.*?)(?:^|\n)---[ \t]*(?:\r?\n|$)/su;
const FENCE = /^ {0,3}(?<fence>`{3,}|~{3,})/u;
const FIRST_LEVEL = /^ {0,3}#[ \t]+(?<title>.*?)(?:[ \t]+#+)?[ \t]*$/u;
const UNDERLINE = /^ {0,3}=+[ \t]*$/u;

interface FrontMatter {
  readonly fields: Readonly<Record<string, unknown>>;
  /** Characters that it takes. */
  readonly length: number;
}

/**
 * Markdown without its front matter, whose fields become metadata; its title is the front matter's `title`, else the first
 * heading of the first level. What looks like front matter but is no YAML mapping is text.
 * @throws UnreadableError binary or wrongly encoded bytes
 */
export function parseMarkdown(bytes: Uint8Array): FileContent {
  const whole = decodeText(bytes);
  const { fields, length } = frontMatterOf(whole);
  const text = whole.slice(length);
  const { title: givenTitle, ...rest } = fields;
  const title = foundTitle(typeof givenTitle === "string" ? givenTitle : undefined) ?? foundTitle(firstHeading(text));
  const metadata = metadataOf(rest);
  return {
    text,
    ...(title === undefined ? {} : { title }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
  };
}

function frontMatterOf(text: string): FrontMatter {
  const none = { fields: {}, length: 0 };
  const found = FRONT_MATTER.exec(text.slice(0, MAX_FRONT_MATTER));
  if (found === null) return none;
  try {
    const fields: unknown = parse(found.groups?.yaml ?? "");
    const isMapping = typeof fields === "object" && fields !== null && !Array.isArray(fields);
    return isMapping ? { fields: { ...fields }, length: found[0].length } : none;
  } catch (error) {
    if (error instanceof YAMLError || error instanceof ReferenceError) return none;
    throw error;
  }
}

function firstHeading(text: string): string | undefined {
  let fence: string | undefined;
  let above = "";
  for (const [whole] of text.matchAll(/.+/gu)) {
    const line = whole.slice(0, MAX_MARKED_LINE);
    const mark = FENCE.exec(line)?.groups?.fence;
    if (mark !== undefined) {
      if (fence === undefined) fence = mark;
      else if (mark.startsWith(fence)) fence = undefined;
    } else if (fence === undefined) {
      const title = FIRST_LEVEL.exec(line)?.groups?.title ?? (UNDERLINE.test(line) ? above : "");
      if (title.trim() !== "") return withoutMarks(title);
    }
    above = line;
  }
  return undefined;
}

function withoutMarks(title: string): string {
  return title.replaceAll(/!?\[([^[\]]*)\]\([^()]*\)/gu, "$1").replaceAll(/`|\*\*|__/gu, "");
}
