import type { Problem } from "../../domain/errors.ts";
import { ENTRY_KINDS } from "./entries.ts";
import type { Interpolated, Path } from "./interpolate.ts";
import { fieldOf } from "./problems.ts";

const MALFORMED = `a \`\${\` opens no variable: \${NAME} and \${NAME:-default} do, and \`$\${\` stands for a plain \`\${\``;

/** Variables that are missing outside the entries, and texts that open none, wherever they are. */
export function variableProblems({ missing, malformed }: Interpolated): readonly Problem[] {
  return [
    ...missing
      .filter(({ path }) => !isEntryPath(path))
      .map(({ path, variable }) => ({
        field: fieldOf(path),
        message: `the variable ${variable} is not set and has no default`,
      })),
    ...malformed.map((path) => ({
      field: fieldOf(path),
      message: MALFORMED,
    })),
  ];
}

/** What may be missing: an entry without a name of its adapter is no entry, and a name of a fallback is no option. */
function isEntryPath(path: Path): boolean {
  const [kind, , key] = path;
  if (path.length < 3 || !ENTRY_KINDS.some((known) => known === kind)) return false;
  if (kind === "models" && key === "targets") return path.length > 4 && path[4] !== "adapter";
  return key !== "adapter" && !(kind === "models" && key === "fallbacks");
}

/** Whether a variable is missing or malformed at, above or below the field: then it is told apart from what is wrong. */
export function lacksVariable(field: string, { missing, malformed }: Interpolated): boolean {
  return [...missing.map(({ path }) => path), ...malformed].some((path) => {
    const used = fieldOf(path);
    return used === field || isWithin(used, field) || isWithin(field, used);
  });
}

function isWithin(field: string, outer: string): boolean {
  return field.startsWith(`${outer}.`) || field.startsWith(`${outer}[`);
}
