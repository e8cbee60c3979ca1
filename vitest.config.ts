import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    exclude: [
      // Libraries that the benches have installed beside them bring tests of their own.
      "tests/bench/node_modules/**",
      // Pulumi's language host is Node, and so the programs of infrastructure/aws never run in Deno.
      ...("Deno" in globalThis ? ["tests/aws/**"] : []),
    ],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // One more than the cores that CI has: many tests wait for processes that they started.
    maxWorkers: 3,
  },
});
