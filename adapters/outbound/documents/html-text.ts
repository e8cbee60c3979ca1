import type { Section } from "../../../domain/document.ts";

const SKIPPED =
  wordSet(`SCRIPT STYLE NOSCRIPT TEMPLATE SVG MATH IFRAME OBJECT CANVAS AUDIO VIDEO TITLE BUTTON SELECT INPUT
  TEXTAREA DIALOG`);
const BLOCKS =
  wordSet(`ADDRESS ARTICLE ASIDE BLOCKQUOTE BODY CAPTION DETAILS DIV DL DT DD FIELDSET FIGCAPTION FIGURE FOOTER
  FORM HEADER HR HTML LEGEND MAIN NAV P SECTION SUMMARY TABLE TBODY THEAD TFOOT TR TD TH`);
const HEADING = /^H(?<level>[1-6])$/u;
const NOT_IN_DATA_TABLE = "table, h1, h2, h3, h4, h5, h6, pre, ul, ol";
const ELEMENT_NODE = 1;
const TEXT_NODE = 3;

type Break = "" | " " | "\n" | "\n\n";

interface Heading {
  readonly level: number;
  readonly title: string;
}

/** The text of a tree of HTML, with lists, tables and code in Markdown's form, and its headings as sections. */
export class HtmlText {
  /** Without white space around it; "" where the tree holds no text. */
  readonly text: string;
  /** In order, covering the text; [] where it is empty. */
  readonly sections: readonly Section[];
  private readonly parts: string[] = [];
  private readonly starts: { readonly start: number; readonly path: readonly string[] }[] = [];
  private length = 0;
  private above: Heading[] = [];
  private listDepth = 0;
  /** What comes before the next words, where there are any. */
  private pending: Break = "";
  private marker = "";

  constructor(root: Node) {
    this.write(root);
    this.text = this.parts.join("");
    const [first] = this.starts;
    const starts = first?.start === 0 || this.length === 0 ? this.starts : [{ start: 0, path: [] }, ...this.starts];
    this.sections = starts.map(({ start, path }, index) => ({
      start,
      end: starts[index + 1]?.start ?? this.length,
      path,
    }));
  }

  private write(node: Node): void {
    if (node.nodeType === TEXT_NODE) this.writeWords(node.textContent ?? "");
    else if (node.nodeType === ELEMENT_NODE) this.writeElement(node as Element);
    else this.writeChildren(node);
  }

  private writeChildren(node: Node): void {
    for (const child of node.childNodes) this.write(child);
  }

  private writeElement(element: Element): void {
    const name = element.tagName.toUpperCase();
    if (SKIPPED.has(name) || element.hasAttribute("hidden") || element.getAttribute("aria-hidden") === "true") return;
    const level = HEADING.exec(name)?.groups?.level;
    if (level !== undefined) this.writeHeading(element, Number(level));
    else if (name === "BR") this.breakLine("\n");
    else if (name === "PRE") this.asBlock(() => this.writeCode(element.textContent ?? ""));
    else if (name === "UL" || name === "OL") this.asBlock(() => this.writeList(element, name === "OL"));
    else if (name === "TABLE" && isDataTable(element)) this.asBlock(() => this.writeTable(element));
    else if (BLOCKS.has(name)) this.asBlock(() => this.writeChildren(element));
    else this.writeChildren(element);
  }

  private writeHeading(element: Element, level: number): void {
    const title = collapsed(element.textContent ?? "").trim();
    if (title === "") return;
    this.above = [...this.above.filter((heading) => heading.level < level), { level, title }];
    this.asBlock(() => {
      const start = this.append(title);
      this.starts.push({ start, path: this.above.map((heading) => heading.title) });
    });
  }

  private writeCode(code: string): void {
    const lines = code.replaceAll("\r", "").replace(/^\n/u, "").trimEnd();
    if (lines === "") return;
    const fence = "`".repeat(Math.max(3, ...Array.from(lines.matchAll(/`+/gu), ([marks]) => marks.length + 1)));
    this.append(`${fence}\n${lines}\n${fence}`);
  }

  private writeList(list: Element, isNumbered: boolean): void {
    const indent = "  ".repeat(this.listDepth);
    this.listDepth += 1;
    let number = 0;
    for (const child of list.children) {
      number += 1;
      this.breakLine("\n");
      this.marker = `${indent}${isNumbered ? `${number}.` : "-"} `;
      this.writeChildren(child);
      this.marker = "";
    }
    this.listDepth -= 1;
  }

  private writeTable(table: Element): void {
    const [head, ...rows] = [...table.querySelectorAll("tr")].map((row) =>
      [...row.querySelectorAll("td, th")].map((cell) => collapsed(new HtmlText(cell).text)),
    );
    const caption = table.querySelector("caption")?.textContent ?? "";
    this.writeWords(caption);
    this.breakLine("\n\n");
    const lines = [head ?? [], (head ?? []).map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
    this.append(lines.join("\n"));
  }

  private asBlock(write: () => void): void {
    const around = this.listDepth > 0 ? "\n" : "\n\n";
    this.breakLine(around);
    write();
    this.breakLine(around);
  }

  private writeWords(raw: string): void {
    const words = collapsed(raw);
    if (words.startsWith(" ")) this.breakLine(" ");
    if (words.trim() !== "") this.append(words.trim());
    if (words.endsWith(" ")) this.breakLine(" ");
  }

  /** A weaker break never takes the place of a stronger one. */
  private breakLine(wanted: Break): void {
    if (wanted.length > this.pending.length || (wanted === "\n" && this.pending === " ")) this.pending = wanted;
  }

  /** Returns where the words start. */
  private append(words: string): number {
    const lead = (this.length === 0 ? "" : this.pending) + this.marker;
    this.parts.push(lead, words);
    const start = this.length + lead.length;
    this.length = start + words.length;
    this.pending = "";
    this.marker = "";
    return start;
  }
}

function isDataTable(table: Element): boolean {
  if (table.querySelector(NOT_IN_DATA_TABLE) !== null) return false;
  return [...table.querySelectorAll("tr")].some((row) => row.querySelectorAll("td, th").length > 1);
}

function collapsed(text: string): string {
  return text.replaceAll(/\s+/gu, " ");
}

function wordSet(words: string): ReadonlySet<string> {
  return new Set(words.split(/\s+/u));
}
