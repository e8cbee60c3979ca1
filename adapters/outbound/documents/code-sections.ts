import type { Section } from "../../../domain/document.ts";

/** A declaration with fewer lines below its first stands together with its neighbours. */
const MIN_BODY_LINES = 3;
/** A declaration with more lines has its members as sections of their own. */
const MAX_WHOLE_LINES = 60;
const MAX_DEPTH = 3;
const NAME_LENGTH = 120;
const TAB_WIDTH = 4;
/** Of a line, more is not looked at. */
const LOOK = 400;

/** Belongs to what comes after it: comments, decorators, attributes. */
const ATTACHED = /^(?:\/\/|\/\*|\*|#(?!!)|--|@|;|%|<!--)/u;
/** Goes on with what came before it: closing brackets, a brace on a line of its own, the further branches of a statement. */
const GOES_ON =
  /^(?:[)}\]{>]|(?:else|elif|elsif|except|rescue|ensure|finally|catch|end|then|do|done|fi|esac|where|public:|private:|protected:)(?!\w))/u;
/** Has lines below it, and is no declaration. */
const STATEMENT = /^(?:if|for|foreach|while|until|switch|case|match|try|return|with|unless|loop|select)(?!\w)/u;
/** What only opens the body. */
const OPENING = /(?:=>|[\s{([:=])+$/u;

interface Unit {
  /** Line of the first comment that belongs to it. */
  readonly start: number;
  readonly line: number;
  bodyLines: number;
}

/**
 * The stretches of a text of code, in order and covering it, by a plain reading of its indentation that holds for most
 * languages: a line from which lines are indented is a declaration, and with the declarations around it the path of the
 * stretch; statements, imports and short declarations stand together under the path around them. Comments and decorators
 * go with what follows them. [] for an empty text.
 */
export function codeSections(text: string): readonly Section[] {
  const lines = new CodeLines(text);
  const starts = [{ line: 0, path: [] as readonly string[] }];
  const mark = (line: number, path: readonly string[]) => {
    const last = starts.at(-1);
    if (last?.line === line) starts.pop();
    starts.push({ line, path });
  };
  markUnits(lines, { from: 0, to: lines.count }, [], mark);
  const sections: Section[] = [];
  for (const { line, path } of starts) {
    const start = lines.start(line);
    const last = sections.at(-1);
    if (last !== undefined && sameAs(last.path, path)) continue;
    if (last !== undefined) sections[sections.length - 1] = { ...last, end: start };
    sections.push({ start, end: text.length, path, isCode: true });
  }
  return sections.filter(({ start, end }) => start < end);
}

interface Range {
  readonly from: number;
  readonly to: number;
}

function markUnits(
  lines: CodeLines,
  range: Range,
  path: readonly string[],
  mark: (line: number, path: readonly string[]) => void,
): void {
  const units = unitsOf(lines, range);
  for (const [index, unit] of units.entries()) {
    const end = units[index + 1]?.start ?? range.to;
    const name = nameOf(lines.words(unit.line));
    if (unit.bodyLines < MIN_BODY_LINES || STATEMENT.test(name)) {
      mark(unit.start, path);
      continue;
    }
    const inside = name === "" ? path : [...path, name];
    const isLong = name === "" || unit.bodyLines > MAX_WHOLE_LINES;
    mark(unit.start, inside);
    if (!isLong || inside.length >= MAX_DEPTH) continue;
    let isFirst = true;
    markUnits(lines, { from: unit.line + 1, to: end }, inside, (line, members) => {
      // The declaration's own line stands with its first member.
      mark(isFirst ? unit.start : line, members);
      isFirst = false;
    });
  }
}

/** What begins at the least indentation of the lines, each up to the next. */
function unitsOf(lines: CodeLines, { from, to }: Range): readonly Unit[] {
  const level = lines.leastIndentation(from, to);
  const units: Unit[] = [];
  let attached: number | undefined;
  for (let line = from; line < to; line += 1) {
    const words = lines.words(line);
    const last = units.at(-1);
    const indentation = lines.indentation(line);
    if (words === "") {
      // Comments with a blank line below them are of nothing that follows.
      if (attached !== undefined) units.push({ start: attached, line: attached, bodyLines: 0 });
      attached = undefined;
    } else if (ATTACHED.test(words) && (indentation <= level || words.startsWith("*"))) {
      attached ??= line;
    } else if (indentation > level || GOES_ON.test(words)) {
      attached = undefined;
      if (last !== undefined) last.bodyLines += 1;
    } else {
      units.push({ start: attached ?? line, line, bodyLines: 0 });
      attached = undefined;
    }
  }
  return units;
}

function nameOf(words: string): string {
  return words.replace(OPENING, "").replaceAll(/\s+/gu, " ").slice(0, NAME_LENGTH).toWellFormed();
}

function sameAs(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name, index) => name === other[index]);
}

/** Where the lines of a text start, and what stands in them. */
class CodeLines {
  private readonly text: string;
  private readonly starts: number[] = [];

  constructor(text: string) {
    this.text = text;
    for (let start = 0; start < text.length; ) {
      this.starts.push(start);
      const feed = text.indexOf("\n", start);
      start = feed === -1 ? text.length : feed + 1;
    }
  }

  get count(): number {
    return this.starts.length;
  }

  start(line: number): number {
    return this.starts[line] ?? this.text.length;
  }

  /** The beginning of the line without the white space around it. */
  words(line: number): string {
    return this.beginning(line).trim();
  }

  /** In columns; 0 for a blank line. */
  indentation(line: number): number {
    const [white = ""] = /^[ \t]*/u.exec(this.beginning(line)) ?? [];
    return white.replaceAll("\t", " ".repeat(TAB_WIDTH)).length;
  }

  /** Of the lines that begin something. */
  leastIndentation(from: number, to: number): number {
    let least = Number.POSITIVE_INFINITY;
    for (let line = from; line < to && least > 0; line += 1) {
      const words = this.words(line);
      if (words === "" || GOES_ON.test(words)) continue;
      least = Math.min(least, this.indentation(line));
    }
    return least;
  }

  private beginning(line: number): string {
    const start = this.start(line);
    return this.text.slice(start, Math.min(start + LOOK, this.start(line + 1)));
  }
}
