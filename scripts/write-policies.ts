import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { withPolicies } from "../infrastructure/aws/policy-section.ts";

const configFile = fileURLToPath(new URL("../pharos.yaml", import.meta.url));

for (const [language, path] of [
  ["en", "../docs/operations.md"],
  ["zh", "../docs/zh/operations.md"],
] as const) {
  const page = new URL(path, import.meta.url);
  await writeFile(page, await withPolicies(await readFile(page, "utf8"), language, configFile));
}
