import type { z } from "zod";
import type { Problem } from "../../domain/errors.ts";

/** The config cannot be used; `problems` lists every reason with its path in the file. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[]) {
    const lines = problems.map(({ field, message }) => `  ${field === "" ? "(the whole file)" : field}: ${message}`);
    super(`${file} cannot be used:\n${lines.join("\n")}`);
    this.problems = problems;
  }
}

/** What a schema refused, with the path of each value; an unknown key is a problem of its own. */
export function problemsOf(error: z.ZodError): readonly Problem[] {
  return error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({ field: [...issue.path, key].join("."), message: "unknown key" }))
      : [{ field: issue.path.join("."), message: issue.message }],
  );
}
