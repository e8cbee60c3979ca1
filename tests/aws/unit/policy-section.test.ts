import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { withPolicies } from "../../../infrastructure/aws/policy-section.ts";

const root = resolve(import.meta.dirname, "../../..");
const CONFIG = resolve(root, "pharos.yaml");

it.each([
  ["en", "docs/operations.md"],
  ["zh", "docs/zh/operations.md"],
] as const)(
  "the policies on the page in %s are those of the shipped config: npm run policies",
  async (language, path) => {
    const page = await readFile(resolve(root, path), "utf8");
    expect(page).toBe(await withPolicies(page, language, CONFIG));
  },
);

it("is put between the marks, in place of what stood there", async () => {
  const once = await withPolicies("# A\n<!-- policies -->\nold\n<!-- /policies -->\nB\n", "en", CONFIG);
  expect(once).toMatch(/^# A\n<!-- policies -->\n\nWho may take/u);
  expect(once).toMatch(/```\n\n<!-- \/policies -->\nB\n$/u);
  expect(await withPolicies(once, "en", CONFIG)).toBe(once);
});

it("fails on a page without marks", async () => {
  await expect(withPolicies("# A\n", "en", CONFIG)).rejects.toThrow("has no <!-- policies -->");
});
