import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { PROBLEMS } from "../../../adapters/inbound/http/problem.ts";

it.each(["docs/errors.md", "docs/zh/errors.md"])(
  "%s lists every code with the status and the title that callers get, and no other",
  async (path) => {
    const page = await readFile(new URL(`../../../${path}`, import.meta.url), "utf8");
    const rows = page.matchAll(/^\| `([a-z-]+)` \| (\d{3}) \| ([^|]+) \|/gmu);
    const listed = [...rows].map(([, code, status, title]) => [code, { status: Number(status), title: title?.trim() }]);
    expect(Object.fromEntries(listed)).toEqual(PROBLEMS);
    expect(listed).toHaveLength(Object.keys(PROBLEMS).length);
  },
);
