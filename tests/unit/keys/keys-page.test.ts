import { readFile, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { SCOPES } from "../../../domain/ports/keyring-port.ts";
import { loadConfig } from "../../../infrastructure/config/load.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

it.each(["docs/keys.md", "docs/zh/keys.md"])("%s shows configs that can be used, and every scope", async (path) => {
  const page = await readFile(new URL(`../../../${path}`, import.meta.url), "utf8");
  const blocks = [...page.matchAll(/^```yaml\n(.*?)^```/gmsu)].map(([, yaml = ""]) => yaml);
  expect(blocks).toHaveLength(4);
  for (const yaml of blocks) {
    const folder = await temporaryFolder();
    await writeFile(`${folder}/pharos.yaml`, yaml);
    const variables = { OPENAI_API_KEY: "k" };
    await loadConfig({ configFile: `${folder}/pharos.yaml`, dataDirectory: folder, variables });
  }
  const rows = [...page.matchAll(/^\| `(\w+)` \|/gmu)].map(([, scope]) => scope);
  expect(rows).toEqual(SCOPES);
});
