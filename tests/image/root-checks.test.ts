import { chmod, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { PROJECT } from "../architecture/source-files.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { checkRoot } from "./root-checks.ts";

it.each([
  ["usr/bin/x86_64-linux-gnu-g++-12", "tool usr/bin/x86_64-linux-gnu-g++-12"],
  ["usr/local/bin/npm", "tool usr/local/bin/npm"],
  ["app/node_modules/vitest/package.json", "package node_modules/vitest"],
  ["app/node_modules/@biomejs/biome/package.json", "package node_modules/@biomejs/biome"],
  ["app/node_modules/hono/dist/index.d.ts", "unread hono/dist/index.d.ts"],
  ["app/tests/image/main.ts", "unasked app/tests/image/main.ts"],
  ["app/docs/getting-started.md", "writable app/docs/getting-started.md"],
])("The check of an image's root notices %s", async (path, complaint) => {
  const root = await temporaryFolder();
  for (const folder of ["usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin", "app/node_modules"]) {
    await mkdir(join(root, folder), { recursive: true });
  }
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), "{}");
  await chmod(join(root, path), 0o666);
  const complaints = await checkRoot(root, PROJECT);
  expect(complaints).toContain(complaint);
  expect(complaints).toContain("missing app/infrastructure/main.ts");
});
