import { DOCUMENT_LIMITS, type Metadata, type MetadataValue } from "../../../domain/document.ts";
import type { Problem } from "../../../domain/errors.ts";

type ParsedMetadata =
  | { readonly metadata: Metadata; readonly problems?: never }
  | { readonly problems: readonly Problem[]; readonly metadata?: never };

/** Reads a document's metadata; returns it, or every problem with its path below `at`. */
export function parseMetadata(json: unknown, at: string): ParsedMetadata {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    return { problems: [{ field: at, message: "must be an object" }] };
  }
  const entries = Object.entries(json);
  if (entries.length > DOCUMENT_LIMITS.metadataKeys) {
    return { problems: [{ field: at, message: `must have at most ${DOCUMENT_LIMITS.metadataKeys} keys` }] };
  }
  const problems = entries.flatMap(([key, value]) => {
    const message = keyProblem(key) ?? valueProblem(value);
    return message === undefined ? [] : [{ field: `${at}.${key}`, message }];
  });
  return problems.length > 0 ? { problems } : { metadata: Object.fromEntries<MetadataValue>(entries) };
}

function keyProblem(key: string): string | undefined {
  const { metadataKeyLength } = DOCUMENT_LIMITS;
  // Assigning to a key of this name changes an object's prototype, wherever that is done later.
  if (key === "__proto__") return "is not allowed as a key";
  return key === "" || key.length > metadataKeyLength ? `a key has 1 to ${metadataKeyLength} characters` : undefined;
}

function valueProblem(value: unknown): string | undefined {
  if (typeof value === "string") return textProblem(value);
  if (typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))) return undefined;
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
    return "must be a text, a number, true, false or a list of texts";
  }
  const { metadataListLength } = DOCUMENT_LIMITS;
  if (value.length > metadataListLength) return `must have at most ${metadataListLength} items`;
  return value.map(textProblem).find((message) => message !== undefined);
}

function textProblem(text: string): string | undefined {
  const { metadataValueLength } = DOCUMENT_LIMITS;
  if (text.length > metadataValueLength) return `must have at most ${metadataValueLength} characters`;
  return text.isWellFormed() ? undefined : "must be well-formed Unicode";
}
