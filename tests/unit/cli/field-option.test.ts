import { describe, expect, it } from "vitest";
import { withField } from "../../../adapters/inbound/cli/field-option.ts";
import type { FieldMapping } from "../../../domain/field-mapping.ts";

const mappingOf = (...options: readonly string[]) =>
  options.reduce<FieldMapping | undefined>((before, option) => withField(option, before), undefined);

describe("--field", () => {
  it("gathers what each part is taken from, several for text and metadata, in their order", () => {
    expect(mappingOf("id=sku", "text=body", "text=a=b", "metadata=price", "title=name", "uri=link")).toEqual({
      id: "sku",
      title: "name",
      text: ["body", "a=b"],
      uri: "link",
      metadata: ["price"],
    });
  });

  it.each(["body", "=body", "words=body", "text=", ""])("refuses %j, and says what is allowed", (option) => {
    expect(() => mappingOf(option)).toThrow(
      "Write PART=NAME, such as text=body; PART is id, title, text, uri, metadata.",
    );
  });

  it("refuses a second field for what can only be one", () => {
    expect(() => mappingOf("id=a", "id=b")).toThrow("The id can only be one field.");
  });
});
