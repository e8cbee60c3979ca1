import { z } from "zod";

export const kendraOptions = z.strictObject({
  index_id: z.string().min(1).describe("Identifier of the Kendra index."),
  region: z
    .string()
    .regex(/^[a-z0-9-]+$/u, "must be a region such as us-east-1")
    .describe("AWS region of the index, such as us-east-1."),
  endpoint: z
    .url({ protocol: /^https?$/u })
    .optional()
    .describe("Address of Kendra's API where it is not the region's own."),
  queries_per_second: z
    .number()
    .min(0.01)
    .max(1_000)
    .default(0.1)
    .describe(
      "Capacity of the index, which all who search it share: 0.05 for the Developer Edition, 0.1 for each query capacity unit otherwise.",
    ),
  cache_seconds: z
    .int()
    .min(0)
    .max(86_400)
    .default(300)
    .describe("Time for which the result of a search is given again to the same principal; 0 asks Kendra each time."),
  require_principal: z
    .boolean()
    .default(true)
    .describe(
      "Refuse a search that runs on nobody's behalf. Kendra shows every document to such a search, also those with access lists: false says that everybody may read the whole index.",
    ),
});

export type KendraOptions = z.output<typeof kendraOptions>;
