import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { PROBLEMS } from "../../../adapters/inbound/http/problem.ts";

const page = new URL("../../../docs/errors.md", import.meta.url);

it("docs/errors.md lists every code with the status and the title that callers get, and no other", async () => {
  const rows = (await readFile(page, "utf8")).matchAll(/^\| `([a-z-]+)` \| (\d{3}) \| ([^|]+) \|/gmu);
  const listed = [...rows].map(([, code, status, title]) => [code, { status: Number(status), title: title?.trim() }]);
  expect(Object.fromEntries(listed)).toEqual(PROBLEMS);
  expect(listed).toHaveLength(Object.keys(PROBLEMS).length);
});
