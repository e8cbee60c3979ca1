import fc from "fast-check";
import { expect, it } from "vitest";
import { parseMetadata } from "../../../adapters/inbound/http/metadata.ts";
import { DOCUMENT_LIMITS } from "../../../domain/document.ts";

it("takes texts, numbers, booleans and lists of texts as they are", () => {
  const metadata = { lang: "zh", year: 2026, draft: false, tags: ["a", "b"], none: [] };
  expect(parseMetadata(metadata, "metadata")).toEqual({ metadata });
});

it.each([null, [], "text", 1])("refuses what is no object: %j", (json) => {
  expect(parseMetadata(json, "metadata").problems).toEqual([{ field: "metadata", message: "must be an object" }]);
});

it("refuses too many keys with one problem", () => {
  const keys = Array.from({ length: DOCUMENT_LIMITS.metadataKeys + 1 }, (_, index) => [`key${index}`, 1]);
  expect(parseMetadata(Object.fromEntries(keys), "m").problems).toEqual([
    { field: "m", message: "must have at most 64 keys" },
  ]);
});

it.each([
  [["a".repeat(4_097)], "must have at most 4096 characters"],
  [["\udc00"], "must be well-formed Unicode"],
  [Array.from({ length: 129 }, () => "a"), "must have at most 128 items"],
  [{ deep: true }, "must be a text, a number, true, false or a list of texts"],
  [Number.POSITIVE_INFINITY, "must be a text, a number, true, false or a list of texts"],
])("refuses a value that could not be kept or filtered", (value, message) => {
  expect(parseMetadata({ key: value }, "metadata").problems).toEqual([{ field: "metadata.key", message }]);
});

it("reads any JSON without throwing, and never into an object of another prototype", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const { metadata } = parseMetadata(JSON.parse(text), "metadata");
      if (metadata !== undefined) expect(Object.getPrototypeOf(metadata)).toBe(Object.prototype);
    }),
  );
});
