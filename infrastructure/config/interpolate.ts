/** `${NAME}` or `${NAME:-default}`; `$${` stands for a plain `${`. */
const VARIABLE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/gu;
const NUMBER = /^-?\d+(?:\.\d+)?$/u;
const BOOLEAN = /^(?:true|false)$/u;

export interface Interpolated {
  /** The same tree with every variable replaced; undefined where a value lacks one. */
  readonly value: unknown;
  /** Variables without a value and without a default, with the path where each is used. */
  readonly missing: readonly { readonly path: readonly (string | number)[]; readonly variable: string }[];
}

/**
 * Replaces the variables in every text of a tree. An empty variable counts as missing, as in a shell's `:-`. A text that
 * is one variable whose default is a number gives a number, and one whose default is true or false gives such a value.
 */
export function interpolate(tree: unknown, environment: Readonly<Record<string, string | undefined>>): Interpolated {
  const missing: { path: readonly (string | number)[]; variable: string }[] = [];

  function walk(node: unknown, path: readonly (string | number)[]): unknown {
    if (typeof node === "string") return replace(node, path);
    if (Array.isArray(node)) return node.map((item, index) => walk(item, [...path, index]));
    if (typeof node !== "object" || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, walk(value, [...path, key])]));
  }

  function replace(text: string, path: readonly (string | number)[]): unknown {
    let complete = true;
    const replaced = text.replace(VARIABLE, (whole, name?: string, fallback?: string) => {
      if (name === undefined) return "${";
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

  return { value: walk(tree, []), missing };
}

/** The default of a text that is one variable; "" for any other. */
function defaultOf(text: string): string {
  return new RegExp(`^(?:${VARIABLE.source})$`, "u").exec(text)?.[2] ?? "";
}
