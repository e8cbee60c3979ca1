import type { Section, SourceDocument } from "../domain/document.ts";

/**
 * The document without its title and headings: these stand neither in its fields, nor as lines in its text, nor in front of
 * it. Sections keep their pages. Undefined where nothing else is left.
 */
export function unnamed({ id, title = "", text, sections = [] }: SourceDocument): SourceDocument | undefined {
  const names = new Set([title, ...sections.flatMap(({ path }) => path)].map(plainName));
  const kept: Section[] = [];
  let whole = "";
  for (const { start, end, page } of sections) {
    const lines = text.slice(start, end).split("\n");
    const rest = lines.filter((line) => !names.has(plainName(line))).join("\n");
    const body = withoutLead(rest, title).trim();
    if (body === "") continue;
    if (whole !== "") whole += "\n\n";
    kept.push({
      start: whole.length,
      end: whole.length + body.length,
      path: [],
      ...(page === undefined ? {} : { page }),
    });
    whole += body;
  }
  return kept.length === 0 ? undefined : { id, text: whole, sections: kept };
}

/** What two writings of one name have in common: no Markdown marks, no matter of case, width and white space. */
export function plainName(name: string): string {
  return name
    .normalize("NFKC")
    .replace(/^\s*#{1,6}\s/u, "")
    .replaceAll(/\[([^[\]]*)\]\([^()]*\)/gu, "$1")
    .replaceAll(/[*_`#]/gu, "")
    .trim()
    .replaceAll(/\s+/gu, " ")
    .toLowerCase();
}

/** The text without the title that it may begin with, and without what parts the two. */
function withoutLead(text: string, title: string): string {
  const trimmed = text.trimStart();
  if (title === "" || !trimmed.toLowerCase().startsWith(title.toLowerCase())) return text;
  return trimmed.slice(title.length).replace(/^[\s\p{P}]+/u, "");
}
