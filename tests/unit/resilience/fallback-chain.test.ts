import { expect, it } from "vitest";
import type { ModelEntry } from "../../../infrastructure/config/prepared-entries.ts";
import { fallbackChain } from "../../../infrastructure/container/resilience.ts";

it("follows the fallbacks of fallbacks, asks each model once, and passes over those that are not there", () => {
  const fallbacks = { a: ["b", "gone", "c"], b: ["d", "c"], c: ["d"], d: [] };
  const models: readonly ModelEntry[] = Object.entries(fallbacks).map(([name, fallbacks]) => ({
    name,
    fallbacks,
    targets: [],
    missing: [],
  }));
  expect(fallbackChain("a", models)).toEqual(["a", "b", "d", "c"]);
  expect(fallbackChain("d", models)).toEqual(["d"]);
});
