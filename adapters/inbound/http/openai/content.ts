import { z } from "zod";
import type { ContentPart, Image } from "../../../../domain/chat.ts";

/** Text with something to read in it. A lone surrogate is in no UTF-8, so it could not be passed on. */
export const text = z
  .string()
  .refine((value) => /\S/u.test(value), "must not be empty")
  .refine((value) => value.isWellFormed(), "must be well-formed Unicode");

/** Text that may be empty, as the results of tools may. */
const anyText = z.string().refine((value) => value.isWellFormed(), "must be well-formed Unicode");

/** How closely a model looks at an image. */
const imageDetail = z.enum(["low", "high", "auto"]);

/** Types of images that the vendors take. */
const DATA_URL = /^data:(image\/(?:png|jpeg|gif|webp));base64,([A-Za-z0-9+/]+={0,2})$/u;
const WEB_URL = /^https?:\/\/[^\s/]+/iu;

/** An image by the URL that holds or names it. */
const imageUrl = z.string().transform((url, context): Image => {
  const [, mediaType, base64] = DATA_URL.exec(url) ?? [];
  if (mediaType !== undefined && base64 !== undefined) return { mediaType, base64 };
  if (WEB_URL.test(url) && url.isWellFormed()) return { url };
  const message = "must be an http or https URL, or a data: URL of a PNG, JPEG, GIF or WebP image in base64";
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});

/** Hints for a vendor's cache, which change no answer. */
const ignored = { prompt_cache_breakpoint: z.unknown().optional() };
const textPart = z.strictObject({ type: z.literal("text"), text, ...ignored });
const imagePart = z.strictObject({
  type: z.literal("image_url"),
  image_url: z.strictObject({ url: imageUrl, detail: imageDetail.exactOptional() }),
  ...ignored,
});

/** What a user says: text, or parts of text and images. */
export const userContent = z
  .preprocess(
    asParts,
    z
      .array(z.discriminatedUnion("type", [textPart, imagePart], { error: unknownType("text or image_url") }))
      .min(1, "must have at least one part"),
  )
  .transform((parts) => {
    const read = parts.map((part): ContentPart => {
      if (part.type === "text") return { type: "text", text: part.text };
      const { url, detail } = part.image_url;
      return { type: "image", image: detail === undefined ? url : { ...url, detail } };
    });
    const [first] = read;
    return read.length === 1 && first?.type === "text" ? first.text : read;
  });

/** Instructions: text, or parts of it. */
export const instructions = listOf(textPart).transform((parts) => parts.map((part) => part.text).join("\n"));

/** What a tool gave: text, or parts of it; it may be empty. */
export const toolContent = listOf(z.strictObject({ type: z.literal("text"), text: anyText, ...ignored })).transform(
  (parts) => parts.map((part) => part.text).join("\n"),
);

/** What the assistant said: text, or parts of it, a refusal too; null and "" where it said nothing. */
export const assistantContent = z
  .preprocess(
    (content) => (content === null || content === undefined ? [] : asParts(content)),
    z.array(
      z.discriminatedUnion(
        "type",
        [
          z.object({ type: z.literal("text"), text: anyText }),
          z.object({ type: z.literal("refusal"), refusal: anyText }),
        ],
        { error: unknownType("text or refusal") },
      ),
    ),
  )
  .transform((parts) => parts.map((part) => (part.type === "text" ? part.text : part.refusal)).join("\n"));

/** A list of parts; a text alone stands for one part. */
function listOf<Part extends z.ZodType>(part: Part) {
  return z.preprocess(asParts, z.array(part));
}

function asParts(content: unknown): unknown {
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}

/** The message for a union whose `type` names none of its members. */
export function unknownType(names: string) {
  return (issue: z.core.$ZodRawIssue): string | undefined =>
    issue.code === "invalid_union" ? `must be ${names}` : undefined;
}
