import { z } from "zod";
import { SCOPES } from "../../domain/ports/keyring-port.ts";

/** Keys that a config or a file has at most. */
const MAX_KEYS = 5_000;
/** Keys of one name that are valid side by side at most. */
const MAX_HASHES = 16;

const MOMENT = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?$/u;

export const keyName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/u,
    "a key's name has 1 to 64 letters, digits, and . _ -, and begins with a letter or digit",
  );

/** Milliseconds since 1970. A day stands for its first moment in UTC. */
const moment = z
  .string()
  .refine((text) => MOMENT.test(text) && !Number.isNaN(Date.parse(text)), {
    error: "must be a day (2027-01-31) or a moment with its zone (2027-01-31T08:00:00Z)",
    abort: true,
  })
  .transform((text) => Date.parse(text));

const hash = z
  .strictObject({
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/u, "must be 64 hexadecimal digits, as pharos keys create prints them")
      .describe("SHA-256 of the key in hexadecimal digits"),
    not_before: moment.optional().describe("day (UTC) or moment from which the key is valid"),
    expires: moment.optional().describe("day (UTC) or moment from which the key is valid no more"),
  })
  .refine(({ not_before: start = 0, expires = Number.POSITIVE_INFINITY }) => start < expires, {
    path: ["expires"],
    message: "must be later than not_before",
  });

const budget = z.strictObject({
  usd: z.number().min(0).describe("US dollars, by the prices of the models"),
  per: z.enum(["day", "month"]).default("month").describe("a calendar day or month in UTC"),
});

const limits = z.strictObject({
  requests_per_minute: z.int().min(1).optional(),
  tokens_per_minute: z.int().min(1).optional().describe("of prompts and answers together"),
  budget: budget.optional(),
});

export const keySettings = z.strictObject({
  scopes: z.array(z.enum(SCOPES)).min(1).describe("what the key may be used for; admin is for everything"),
  hashes: z
    .array(hash)
    .min(1)
    .max(MAX_HASHES, `must have at most ${MAX_HASHES} items`)
    .describe("one, or while a key is replaced by another several"),
  limits: limits.prefault({}).describe("what may be used under this name; without a limit there is no end"),
});

/** The keys by their names; each SHA-256 stands once. */
export const keysSchema = z
  .record(keyName, keySettings)
  .superRefine((keys, context) => {
    if (Object.keys(keys).length > MAX_KEYS)
      context.addIssue({ code: "custom", path: [], message: `must have at most ${MAX_KEYS} keys` });
    const seen = new Map<string, string>();
    for (const [name, { hashes }] of Object.entries(keys)) {
      for (const [index, { sha256 }] of hashes.entries()) {
        const other = seen.get(sha256);
        if (other === undefined) seen.set(sha256, name);
        else
          context.addIssue({
            code: "custom",
            path: [name, "hashes", index, "sha256"],
            message: `is also a hash of ${other}`,
          });
      }
    }
  })
  .describe("keys that callers may show, by the names under which their use is told");

export type KeysSettings = z.output<typeof keysSchema>;
