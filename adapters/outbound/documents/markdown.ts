import { parse, YAMLError } from "yaml";
import { decodeText } from "./decode-text.ts";
import { foundTitle, metadataOf } from "./document-limits.ts";
import { type FileContent, UnreadableError } from "./file-content.ts";
import { takeReaders } from "./file-readers.ts";

const MAX_FRONT_MATTER = 65_536;
/** A line's marks stand in its beginning; more of it would cost time that grows with the square of its length. */
const MAX_MARKED_LINE = 1_000;
const FRONT_MATTER = /^---[ \t]*\r?\n(?<yaml>.*?)(?:^|\n)---[ \t]*(?:\r?\n|$)/su;
const BEGINS_LIKE_FRONT_MATTER = /^\s*---/u;
const NAMES_READERS = /(?:^|[{,])[ \t]*["']?readers["']?[ \t]*:/imu;
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
 * heading of the first level. What looks like front matter but is no YAML mapping is text, unless it names `readers`.
 * @throws UnreadableError binary or wrongly encoded bytes, readers that cannot be understood
 */
export function parseMarkdown(bytes: Uint8Array): FileContent {
  const whole = decodeText(bytes);
  const { fields, length } = frontMatterOf(whole);
  if (length === 0) refuseLostReaders(whole.slice(0, MAX_FRONT_MATTER));
  const text = whole.slice(length);
  const { readers, rest: others } = takeReaders(fields);
  const { title: givenTitle, ...rest } = others;
  const title = foundTitle(typeof givenTitle === "string" ? givenTitle : undefined) ?? foundTitle(firstHeading(text));
  const metadata = metadataOf(rest);
  return {
    text,
    ...(title === undefined ? {} : { title }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
    ...(readers === undefined ? {} : { readers }),
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

/** Front matter that cannot be read must not make a document everybody's. */
function refuseLostReaders(beginning: string): void {
  if (!BEGINS_LIKE_FRONT_MATTER.test(beginning) || !NAMES_READERS.test(beginning)) return;
  throw new UnreadableError(
    `It names readers in front matter that cannot be read; that is a YAML mapping of at most ${MAX_FRONT_MATTER} characters between two lines of ---, at the file's very beginning.`,
  );
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
