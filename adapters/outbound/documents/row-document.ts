import type { SourceDocument } from "../../../domain/document.ts";
import type { FieldMapping } from "../../../domain/field-mapping.ts";
import { brokenLimit, metadataOf } from "./document-limits.ts";
import { UnreadableError } from "./file-content.ts";
import { takeReaders } from "./file-readers.ts";

/** A row of a table, or an object of a JSONL file. */
export interface Row {
  readonly fields: Readonly<Record<string, unknown>>;
  /** Of the file, and from 1 in it: what a row without an id is called by. */
  readonly fileId: string;
  readonly line: number;
  readonly path: string;
}

const NAMED_FIELDS = 20;
const NAME_LENGTH = 60;

/**
 * The document of a row. `typed` makes metadata of a field's value.
 * @throws UnreadableError a field that is named and not there, a value of the wrong kind, a limit that is broken
 */
export function documentOfRow(
  { fields: given, fileId, line, path }: Row,
  mapping: FieldMapping,
  typed: (value: unknown) => unknown = (value) => value,
): SourceDocument {
  const { readers, rest: fields } = takeReaders(given);
  const id = idOf(firstOf(fields, idFields(mapping)), mapping.id) ?? `${fileId}:${line}`;
  const title = textOf(fields, titleField(mapping))?.trim();
  const text = textFields(mapping).map((field) => textOf(fields, field) ?? "");
  const uri = uriFields(mapping).map((field) => textOf(fields, field));
  const whole = text.filter((part) => part.trim() !== "").join("\n\n");
  const metadata = metadataOfRow(fields, mapping, typed);
  const document: SourceDocument = {
    id,
    text: (whole === "" ? (title ?? "") : whole).toWellFormed(),
    ...(title === undefined || title === "" ? {} : { title: title.toWellFormed() }),
    uri: (uri.find((address) => address !== undefined && address !== "") ?? path).toWellFormed(),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
    ...(readers === undefined ? {} : { readers }),
  };
  if (document.text.trim() === "") throw new UnreadableError(noText(fields, mapping));
  const broken = brokenLimit(document);
  if (broken !== undefined) throw new UnreadableError(broken);
  return document;
}

/** Fields that the mapping names and the columns lack, or undefined; also where nothing could be a text. */
export function unmapped(columns: readonly string[], mapping: FieldMapping): string | undefined {
  const { id, title, text = [], uri, metadata = [] } = mapping;
  const named = [id, title, ...text, uri, ...metadata].filter((field) => field !== undefined);
  const missing = named.filter((field) => !columns.includes(field));
  if (missing.length > 0) return `It has no column ${missing.map(quoted).join(", ")}; ${namesOf(columns, "columns")}`;
  const couldBeText = [...textFields(mapping), titleField(mapping)];
  if (couldBeText.some((field) => columns.includes(field))) return undefined;
  return `No column of it is called ${couldBeText.map(quoted).join(" or ")}: map one to text, as in \`--field text=${columns[0] ?? "NAME"}\`; ${namesOf(columns, "columns")}`;
}

function noText(fields: Row["fields"], mapping: FieldMapping): string {
  const wanted = [...textFields(mapping), titleField(mapping)];
  if (wanted.some((field) => field in fields)) return "The text is empty.";
  return `No field of it is called ${wanted.map(quoted).join(" or ")}: map one to text; ${namesOf(Object.keys(fields), "fields")}`;
}

function namesOf(names: readonly string[], kind: "columns" | "fields"): string {
  const shown = names.slice(0, NAMED_FIELDS).map((name) => quoted(name.slice(0, NAME_LENGTH)));
  const rest = names.length > NAMED_FIELDS ? ` and ${names.length - NAMED_FIELDS} more` : "";
  return `its ${kind} are ${shown.join(", ")}${rest}.`;
}

function quoted(name: string): string {
  return `\`${name.replaceAll(/\s+/gu, " ")}\``;
}

function idFields({ id }: FieldMapping): readonly string[] {
  return id === undefined ? ["id", "_id"] : [id];
}

function titleField({ title = "title" }: FieldMapping): string {
  return title;
}

function textFields({ text = ["text"] }: FieldMapping): readonly string[] {
  return text;
}

function uriFields({ uri }: FieldMapping): readonly string[] {
  return uri === undefined ? ["uri", "url"] : [uri];
}

function firstOf(fields: Row["fields"], names: readonly string[]): unknown {
  return names.map((name) => fields[name]).find((value) => value !== undefined && value !== null);
}

/** Undefined where there is none and none was asked for by name. */
function idOf(id: unknown, named: string | undefined): string | undefined {
  if (typeof id === "number" && Number.isFinite(id)) return String(id);
  if (typeof id === "string" && (id !== "" || named === undefined)) return id === "" ? undefined : id.toWellFormed();
  if (named !== undefined && (id === undefined || id === "")) {
    throw new UnreadableError(`The field ${quoted(named)}, which is to be the id, is empty.`);
  }
  if (id === undefined) return undefined;
  throw new UnreadableError(`The field ${quoted(named ?? "id")} must be a text or a number to be the id.`);
}

function textOf(fields: Row["fields"], field: string): string | undefined {
  const value = fields[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  throw new UnreadableError(`The field ${quoted(field)} must be a text.`);
}

/** The fields that are to become metadata. */
export function metadataFields(fields: readonly string[], mapping: FieldMapping): readonly string[] {
  const used = new Set([...idFields(mapping), titleField(mapping), ...textFields(mapping), ...uriFields(mapping)]);
  return mapping.metadata ?? fields.filter((field) => !used.has(field));
}

/** What an object in the field `metadata` holds stands beside the other fields, which go before it. */
function metadataOfRow(fields: Row["fields"], mapping: FieldMapping, typed: (value: unknown) => unknown) {
  const names = metadataFields(Object.keys(fields), mapping);
  const { metadata, ...kept } = Object.fromEntries(names.map((name) => [name, typed(fields[name])]));
  const isObject = typeof metadata === "object" && metadata !== null && !Array.isArray(metadata);
  return metadataOf(isObject ? { ...metadata, ...kept } : { ...(metadata === undefined ? {} : { metadata }), ...kept });
}
