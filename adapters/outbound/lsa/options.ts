import { z } from "zod";

export const lsaOptions = z.strictObject({
  dimensions: z
    .int()
    .min(2)
    .max(1_024)
    .default(128)
    .describe("Dimensions of the learned space; fewer where the corpus is small."),
});

export type LsaOptions = z.output<typeof lsaOptions>;
