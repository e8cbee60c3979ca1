import { DOCUMENT_LIMITS, type Metadata, type MetadataValue, type SourceDocument } from "../../../domain/document.ts";

/** The first limit that the document breaks, in words; undefined where it keeps them all. */
export function brokenLimit({ id, title = "", text, uri = "", metadata = {} }: SourceDocument): string | undefined {
  const limits = DOCUMENT_LIMITS;
  if (text.trim() === "") return "The text is empty.";
  if (id === "") return "The id is empty.";
  // Whoever reads an address takes these for steps in its path, so no caller could reach the document.
  if (id === "." || id === "..") return "The id cannot be `.` or `..`.";
  if (id.length > limits.idLength) return tooLong("id", id.length, limits.idLength);
  if (title.length > limits.titleLength) return tooLong("title", title.length, limits.titleLength);
  if (uri.length > limits.uriLength) return tooLong("uri", uri.length, limits.uriLength);
  const entries = Object.entries(metadata);
  if (entries.length > limits.metadataKeys) {
    return `The metadata has ${entries.length} fields; at most ${limits.metadataKeys} are allowed.`;
  }
  for (const [key, value] of entries) {
    const broken = brokenMetadataLimit(key, value);
    if (broken !== undefined) return broken;
  }
  return undefined;
}

function brokenMetadataLimit(key: string, value: MetadataValue): string | undefined {
  const { metadataKeyLength, metadataListLength, metadataValueLength } = DOCUMENT_LIMITS;
  if (key.length > metadataKeyLength) return tooLong("name of a metadata field", key.length, metadataKeyLength);
  const texts = typeof value === "string" ? [value] : Array.isArray(value) ? value : [];
  if (texts.length > metadataListLength) {
    return `The metadata field ${key} has ${texts.length} values; at most ${metadataListLength} are allowed.`;
  }
  const longest = Math.max(0, ...texts.map(({ length }) => length));
  return longest > metadataValueLength ? tooLong(`metadata field ${key}`, longest, metadataValueLength) : undefined;
}

function tooLong(what: string, length: number, limit: number): string {
  return `The ${what} has ${length} characters; at most ${limit} are allowed.`;
}

/** A title that a format finds in a text, cut to what a document may have; undefined where it is blank. */
export function foundTitle(words: string | null | undefined): string | undefined {
  const title = (words ?? "").replaceAll(/\s+/gu, " ").trim().slice(0, DOCUMENT_LIMITS.titleLength).toWellFormed();
  return title === "" ? undefined : title;
}

/** The fields that metadata can hold: texts, finite numbers, booleans, lists of texts; all others are left out. */
export function metadataOf(fields: Readonly<Record<string, unknown>>): Metadata {
  const metadata: Record<string, MetadataValue> = {};
  for (const [key, value] of Object.entries(fields)) {
    const kept = metadataValueOf(value);
    if (kept !== undefined) metadata[key.toWellFormed()] = kept;
  }
  return metadata;
}

function metadataValueOf(value: unknown): MetadataValue | undefined {
  if (typeof value === "string") return value.toWellFormed();
  if (typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))) return value;
  const isTexts = Array.isArray(value) && value.every((item): item is string => typeof item === "string");
  return isTexts ? value.map((text) => text.toWellFormed()) : undefined;
}
