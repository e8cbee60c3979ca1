import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { PROBLEMS } from "../../../adapters/inbound/http/problem.ts";
import { codeOf, FAULTS } from "../../support/faults/faults.ts";

const VENDORS = ["openai", "bedrock"] as const;

const OUTCOMES = FAULTS.map((fault) => {
  const codes = VENDORS.map((vendor) => codeOf(fault, vendor));
  return { name: fault.name, outcomes: codes.map((code) => `\`${code}\` ${PROBLEMS[code].status}`) };
});

it.each([
  ["docs/errors.md", true],
  ["docs/zh/errors.md", false],
])("%s says what every fault of a vendor becomes, as the tests show it, in their order", async (path, inEnglish) => {
  const page = await readFile(new URL(`../../../${path}`, import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| ([^|]+) \| (`[a-z-]+` \d{3}) \| (`[a-z-]+` \d{3}) \|$/gmu)];
  const listed = rows.map(([, name, ...outcomes]) => ({ name, outcomes }));
  const expected = inEnglish ? OUTCOMES : OUTCOMES.map(({ outcomes }, index) => ({ name: rows[index]?.[1], outcomes }));
  expect(listed).toEqual(expected);
});
