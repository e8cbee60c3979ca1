import { z } from "zod";

export const lsaOptions = z.strictObject({
  dimensions: z
    .int()
    .min(8)
    .max(512)
    .default(256)
    .describe("Dimensions of the space that is learned; it has fewer where the corpus is too small for as many."),
});

export type LsaOptions = z.output<typeof lsaOptions>;
