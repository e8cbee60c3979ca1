import { writeFile } from "node:fs/promises";
import { configJsonSchema } from "../infrastructure/config/json-schema.ts";

await writeFile(new URL("../pharos.schema.json", import.meta.url), `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
