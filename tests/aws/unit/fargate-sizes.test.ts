import { describe, expect, it } from "vitest";
import { FARGATE_MEMORY } from "../../../infrastructure/aws/fargate-sizes.ts";

/** The published table in its own words: CPU units, GiB from, to, by. */
const PUBLISHED = [
  [512, 1, 4, 1],
  [1_024, 2, 8, 1],
  [2_048, 4, 16, 1],
  [4_096, 8, 30, 1],
  [8_192, 16, 60, 4],
  [16_384, 32, 120, 8],
] as const;

describe("the sizes of Fargate", () => {
  it("has every published number of CPU units, ascending", () => {
    expect([...FARGATE_MEMORY.keys()]).toEqual([256, ...PUBLISHED.map(([cpu]) => cpu)]);
  });

  it("has half a GiB, one and two for a quarter of a core", () => {
    expect(FARGATE_MEMORY.get(256)).toEqual([512, 1_024, 2_048]);
  });

  it.each(PUBLISHED)("goes with %i CPU units from %i to %i GiB by %i", (cpu, from, to, by) => {
    const memory = FARGATE_MEMORY.get(cpu)!;
    expect(memory[0]).toBe(from * 1_024);
    expect(memory.at(-1)).toBe(to * 1_024);
    expect(memory.slice(1).every((mebibytes, index) => mebibytes - memory[index]! === by * 1_024)).toBe(true);
  });

  it("has none that is not a whole number of MiB", () => {
    expect([...FARGATE_MEMORY.values()].flat().every(Number.isInteger)).toBe(true);
  });
});
