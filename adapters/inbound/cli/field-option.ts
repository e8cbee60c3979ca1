import { InvalidArgumentError } from "commander";
import type { FieldMapping } from "../../../domain/field-mapping.ts";

export const FIELD_PARTS = [
  "id",
  "title",
  "text",
  "uri",
  "metadata",
] as const satisfies readonly (keyof FieldMapping)[];

/** Adds `text=body` to what the options before it said. @throws InvalidArgumentError */
export function withField(option: string, before: FieldMapping = {}): FieldMapping {
  const at = option.indexOf("=");
  const name = option.slice(at + 1);
  const part = FIELD_PARTS.find((known) => known === option.slice(0, at));
  if (part === undefined || name === "") {
    throw new InvalidArgumentError(`Write PART=NAME, such as text=body; PART is ${FIELD_PARTS.join(", ")}.`);
  }
  if (part === "text" || part === "metadata") return { ...before, [part]: [...(before[part] ?? []), name] };
  if (before[part] !== undefined) throw new InvalidArgumentError(`The ${part} can only be one field.`);
  return { ...before, [part]: name };
}
