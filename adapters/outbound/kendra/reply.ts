import { createHash } from "node:crypto";
import { z } from "zod";
import type { Metadata, MetadataValue } from "../../../domain/document.ts";
import type { Confidence, Passage } from "../../../domain/passage.ts";
import { textOf } from "./dates.ts";
import { invalidReply } from "./errors.ts";

const attributeSchema = z.object({
  Key: z.string(),
  Value: z.object({
    StringValue: z.string().optional(),
    StringListValue: z.array(z.string()).optional(),
    LongValue: z.number().optional(),
    DateValue: z.date().optional(),
  }),
});

const itemSchema = z.object({
  DocumentId: z.string().min(1),
  Content: z.string().default(""),
  DocumentTitle: z.string().optional(),
  DocumentURI: z.string().optional(),
  DocumentAttributes: z.array(attributeSchema).optional(),
  ScoreAttributes: z.object({ ScoreConfidence: z.string().optional() }).optional(),
});

const replySchema = z.object({ ResultItems: z.array(itemSchema).optional() });

/** One result of Kendra, checked. */
export type KendraItem = z.output<typeof itemSchema>;

const CONFIDENCES: Readonly<Record<string, Confidence>> = {
  VERY_HIGH: "very-high",
  HIGH: "high",
  MEDIUM: "medium",
  LOW: "low",
};

/** Lower end of each bucket's quarter of [0, 1]; a result without a bucket, as of any language but English, stands in the middle. */
const LOWER_END: Readonly<Record<Confidence, number>> = {
  "very-high": 0.75,
  high: 0.5,
  medium: 0.25,
  unknown: 0.25,
  low: 0,
};
const BUCKET_WIDTH = 0.25;
const MAX_RANK = 100;

/** The results of one page, best first; text may be missing and is "" then. @throws ServiceError vendor-reply-invalid */
export function readReply(output: unknown): readonly KendraItem[] {
  const parsed = replySchema.safeParse(output);
  if (!parsed.success) throw invalidReply(parsed.error);
  return parsed.data.ResultItems ?? [];
}

/** Kendra names a result anew in every answer, so a passage is named by what it is: its document and its text. */
export function passageIdOf({ DocumentId, Content }: KendraItem): string {
  return createHash("sha256")
    .update(JSON.stringify([DocumentId, Content]))
    .digest("base64url")
    .slice(0, 22);
}

/**
 * Passages of the results, in Kendra's order. Kendra tells a bucket of confidence and an order, no number; the score is
 * made of both: a quarter of [0, 1] for the lowest bucket so far, and within it 1/400 less with every rank.
 */
export function passagesOf(items: readonly KendraItem[]): readonly Passage[] {
  let lowerEnd = 1;
  return items.map((item, rank) => {
    const confidence = CONFIDENCES[item.ScoreAttributes?.ScoreConfidence ?? ""] ?? "unknown";
    lowerEnd = Math.min(lowerEnd, LOWER_END[confidence]);
    return passageOf(item, lowerEnd + BUCKET_WIDTH * (1 - rank / MAX_RANK), confidence);
  });
}

function passageOf(item: KendraItem, score: number, confidence: Confidence): Passage {
  const metadata = metadataOf(item);
  const { _excerpt_page_number: page, _language_code: language } = metadata;
  return {
    id: passageIdOf(item),
    documentId: item.DocumentId,
    text: item.Content,
    score,
    confidence,
    metadata,
    ...(item.DocumentTitle ? { title: item.DocumentTitle } : {}),
    ...(item.DocumentURI ? { uri: item.DocumentURI } : {}),
    ...(typeof page === "number" && page >= 1 ? { location: { page } } : {}),
    ...(typeof language === "string" && /^[a-z]{2}$/u.test(language) ? { language } : {}),
  };
}

/** The document's attributes by name, Kendra's own (`_category`, `_created_at`) among them, as filters name them. */
function metadataOf({ DocumentAttributes = [] }: KendraItem): Metadata {
  const entries = DocumentAttributes.flatMap(({ Key, Value }) => {
    const value: MetadataValue | undefined =
      Value.StringValue ?? Value.LongValue ?? Value.StringListValue ?? (Value.DateValue && textOf(Value.DateValue));
    return value === undefined ? [] : [[Key, value] as const];
  });
  return Object.fromEntries(entries);
}
