import type { Readers } from "../../../domain/document.ts";
import { parseReaders } from "../../../domain/readers.ts";
import { UnreadableError } from "./file-content.ts";

/** Fields of a file apart from its readers. */
export interface ParsedFields {
  /** Absent where no field names them. */
  readonly readers?: Readers;
  readonly rest: Readonly<Record<string, unknown>>;
}

/**
 * Takes the field `readers` out of the fields that a file gives its document. @throws UnreadableError where it is malformed,
 * or written in other letters (`Readers`): a document that somebody meant to restrict is never taken for everybody's
 */
export function takeReaders({ readers: given, ...rest }: Readonly<Record<string, unknown>>): ParsedFields {
  const misspelt = Object.keys(rest).find((key) => key.trim().toLowerCase() === "readers");
  if (misspelt !== undefined) throw new UnreadableError(`The field \`${misspelt}\` must be written \`readers\`.`);
  if (given === undefined) return { rest };
  const { readers, problems = [] } = parseReaders(given);
  if (readers !== undefined) return { readers, rest };
  const [first, ...others] = problems.map(({ field, message }) => `${field} ${message}`);
  const more = others.length === 0 ? "" : `, and ${others.length} more`;
  throw new UnreadableError(`The readers cannot be understood: ${first}${more}.`);
}
