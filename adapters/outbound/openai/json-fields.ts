import { invalidReply } from "./errors.ts";

/** An object of a reply, of which nothing is known yet. */
export type Fields = Readonly<Record<string, unknown>>;

/** The object, or undefined where there is none. @throws ServiceError vendor-reply-invalid where it is something else */
export function fieldsOf(value: unknown, name: string): Fields | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "object" || Array.isArray(value)) throw wrongType(name, "an object");
  return value as Fields;
}

/** The list, [] where there is none. @throws ServiceError vendor-reply-invalid where it is something else */
export function listOf(value: unknown, name: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw wrongType(name, "a list");
  return value;
}

/** The text, "" where there is none. @throws ServiceError vendor-reply-invalid where it is something else */
export function textOf(value: unknown, name: string): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") throw wrongType(name, "a text");
  return value;
}

/** The count, undefined where there is none. @throws ServiceError vendor-reply-invalid where it is something else */
export function countOf(value: unknown, name: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) throw wrongType(name, "a count");
  return value;
}

/** The number. @throws ServiceError vendor-reply-invalid where it is something else */
export function numberOf(value: unknown, name: string): number {
  if (typeof value !== "number") throw wrongType(name, "a number");
  return value;
}

/** The same, where something has to be there. @throws ServiceError vendor-reply-invalid where it is not */
export function required<Value>(value: Value | undefined, name: string): Value {
  if (value === undefined || value === "") throw invalidReply(`has no \`${name}\``);
  return value;
}

function wrongType(name: string, type: string) {
  return invalidReply(`has a \`${name}\` that is not ${type}`);
}
