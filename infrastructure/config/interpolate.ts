/** `${NAME}` or `${NAME:-default}`; `$${` stands for a plain `${`. */
const VARIABLE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-((?:(?!\$\{)[^}])*))?\}/gu;
/** What every text is searched for: the variables, and each `${` that opens none. */
const OPENING = new RegExp(`${VARIABLE.source}|\\$\\{`, "gu");
const NUMBER = /^-?\d+(?:\.\d+)?$/u;
const BOOLEAN = /^(?:true|false)$/u;

export interface Interpolated {
  /** The same tree with every variable replaced; undefined where a value lacks one. */
  readonly value: unknown;
  /** Variables without a value and without a default, with the path where each is used. */
  readonly missing: readonly { readonly path: Path; readonly variable: string }[];
  /** Where a `${` opens no well-formed variable; the value there is undefined. */
  readonly malformed: readonly Path[];
}

/** Keys and indexes from the root of the tree. */
export type Path = readonly (string | number)[];

/**
 * Replaces the variables in every text of a tree. An empty variable counts as missing, as in a shell's `:-`. A text that
 * is one variable whose default is a number gives a number, and one whose default is true or false gives such a value.
 */
export function interpolate(tree: unknown, environment: Readonly<Record<string, string | undefined>>): Interpolated {
  const missing: { path: Path; variable: string }[] = [];
  const malformed: Path[] = [];

  function walk(node: unknown, path: Path): unknown {
    if (typeof node === "string") return replace(node, path);
    if (Array.isArray(node)) return node.map((item, index) => walk(item, [...path, index]));
    if (typeof node !== "object" || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, walk(value, [...path, key])]));
  }

  function replace(text: string, path: Path): unknown {
    let complete = true;
    const replaced = text.replace(OPENING, (whole: string, name?: string, fallback?: string) => {
      if (whole === "$${") return "${";
      if (name === undefined) {
        if (malformed.at(-1) !== path) malformed.push(path);
        complete = false;
        return whole;
      }
      const value = environment[name] || fallback;
      if (value === undefined) {
        missing.push({ path, variable: name });
        complete = false;
      }
      return value ?? whole;
    });
    if (!complete) return undefined;
    const fallback = defaultOf(text);
    if (NUMBER.test(fallback) && NUMBER.test(replaced)) return Number(replaced);
    return BOOLEAN.test(fallback) && BOOLEAN.test(replaced) ? replaced === "true" : replaced;
  }

  return { value: walk(tree, []), missing, malformed };
}

/** The default of a text that is one variable; "" for any other. */
function defaultOf(text: string): string {
  return new RegExp(`^(?:${VARIABLE.source})$`, "u").exec(text)?.[2] ?? "";
}
