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
  require_principal: z
    .boolean()
    .default(true)
    .describe(
      "Refuse a search that runs on nobody's behalf. Kendra shows every document to such a search, also those with access lists: false says that everybody may read the whole index.",
    ),
});

export type KendraOptions = z.output<typeof kendraOptions>;
