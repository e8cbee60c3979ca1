import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { configJsonSchema } from "../../../infrastructure/config/json-schema.ts";

it("the JSON Schema beside the config is the one that the code stands for (npm run schema writes it)", async () => {
  const written: unknown = JSON.parse(await readFile(new URL("../../../pharos.schema.json", import.meta.url), "utf8"));
  expect(written).toEqual(JSON.parse(JSON.stringify(configJsonSchema())));
});
