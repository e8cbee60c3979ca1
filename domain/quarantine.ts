/**
 * Control, zero-width, bidirectional-override and tag characters, blank fillers and the variation selectors that no font
 * needs: invisible to a reader, not to a model. Of the selectors that emoji use a run of several hides bytes.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\u{E0000}-\u{E01EF}\u115F\u1160\u3164\uFFA0]|[\uFE00-\uFE0F]{2,}/gu;
/** What ends a line for somebody. */
const LINE_BREAK = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/u;
/** A model that repeats an image has the reader's machine fetch its address, and with it what the address says. */
const IMAGE = /!(?=\s*\[)/gu;
const LINE_START = "> ";
/** Tokens that the start of a line costs at most. */
const LINE_TOKENS = 2;
const ESCAPED = /[&<>]/gu;
/** Tokens that an escape costs at most, of which the character itself may have had hardly any: many `<` in a row are one token. */
const ESCAPE_TOKENS = 3;

/**
 * The text as a quotation: each line begins with `> `, no character is there that nobody sees, images are links, and what could
 * open or close a block is escaped. So no line of it reads as an instruction's, a role's or a delimiter's own.
 */
export function quarantine(text: string): string {
  return text
    .split(LINE_BREAK)
    .map((line) => LINE_START + plainLine(line))
    .join("\n");
}

/** The text in one line, quarantined but for the quotation's mark; quotes are escaped, so that it can be an attribute. */
export function quarantineAttribute(text: string): string {
  return plainLine(text.split(LINE_BREAK).join(" ")).replaceAll('"', "&quot;");
}

/** Tokens that the quotation's marks and escapes add at most. */
export function quarantineTokens(text: string): number {
  const escapes = text.match(ESCAPED)?.length ?? 0;
  return text.split(LINE_BREAK).length * LINE_TOKENS + escapes * ESCAPE_TOKENS;
}

function plainLine(line: string): string {
  return line
    .replace(INVISIBLE, (character) => (character === "\t" ? character : ""))
    .replace(IMAGE, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
