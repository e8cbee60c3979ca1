import type { MetadataValue } from "../../../domain/document.ts";

const NUMBER = /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?$/u;
const MAX_DIGITS = 15;

/**
 * A table's text as the value that it plainly is: a number in decimals with at most 15 digits and no leading zero (`007`
 * and `+44` stay texts), `true` and `false` in any case. "" is undefined.
 */
export function typedText(value: unknown): MetadataValue | undefined {
  if (typeof value !== "string" || value === "") return undefined;
  if (NUMBER.test(value) && value.replaceAll(/\D/gu, "").length <= MAX_DIGITS) return Number(value);
  const word = value.toLowerCase();
  if (word === "true" || word === "false") return word === "true";
  return value;
}
