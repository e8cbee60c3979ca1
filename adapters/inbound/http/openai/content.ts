import { z } from "zod";
import type { ContentPart, Image } from "../../../../domain/chat.ts";

/** Text with something to read in it. A lone surrogate is in no UTF-8, so it could not be passed on. */
export const text = z
  .string()
  .refine((value) => /\S/u.test(value), "must not be empty")
  .refine((value) => value.isWellFormed(), "must be well-formed Unicode");

/** Text that may be empty, as the results of tools may. */
export const anyText = z.string().refine((value) => value.isWellFormed(), "must be well-formed Unicode");

/** How closely a model looks at an image. */
export const imageDetail = z.enum(["low", "high", "auto"]);

/** Types of images that the vendors take. */
const DATA_URL = /^data:(image\/(?:png|jpeg|gif|webp));base64,([A-Za-z0-9+/]+={0,2})$/u;
const WEB_URL = /^https?:\/\/[^\s/]+/iu;

/** An image by the URL that holds or names it. */
export const imageUrl = z.string().transform((url, context): Image => {
  const [, mediaType, base64] = DATA_URL.exec(url) ?? [];
  if (mediaType !== undefined && base64 !== undefined) return { mediaType, base64 };
  if (WEB_URL.test(url) && url.isWellFormed()) return { url };
  const message = "must be an http or https URL, or a data: URL of a PNG, JPEG, GIF or WebP image in base64";
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});

/** Hints for a vendor's cache, which change no answer. */
export const ignoredHints = { prompt_cache_breakpoint: z.unknown().optional() };
const textPart = z.strictObject({ type: z.literal("text"), text, ...ignoredHints });
const imagePart = z.strictObject({
  type: z.literal("image_url"),
  image_url: z.strictObject({ url: imageUrl, detail: imageDetail.exactOptional() }),
  ...ignoredHints,
});

/** What a user says: text, or parts of text and images. */
export const userContent = z
  .preprocess(
    partsOf("text"),
    z
      .array(z.discriminatedUnion("type", [textPart, imagePart], { error: unknownType("text or image_url") }))
      .min(1, "must have at least one part"),
  )
  .transform((parts) =>
    toContent(
      parts.map((part) => {
        if (part.type === "text") return { type: "text", text: part.text };
        const { url, detail } = part.image_url;
        return toImagePart(url, detail);
      }),
    ),
  );

/** Instructions: text, or parts of it. */
export const instructions = textParts("text", textPart);

/** What a tool gave: text, or parts of it; it may be empty. */
export const toolContent = textParts(
  "text",
  z.strictObject({ type: z.literal("text"), text: anyText, ...ignoredHints }),
);

/** What the assistant said: text, or parts of it, a refusal too; null and "" where it said nothing. */
export const assistantContent = assistantText("text");

/** Text, or a list of such parts, as one text. @param type that of the part for which a text alone stands */
export function textParts(type: string, part: z.ZodType<{ readonly text: string }>) {
  return z.preprocess(partsOf(type), z.array(part)).transform((parts) => parts.map((each) => each.text).join("\n"));
}

/** The assistant's words. @param type that of its parts of text */
export function assistantText<Type extends string>(type: Type) {
  return z
    .preprocess(
      (content) => (content === null || content === undefined ? [] : partsOf(type)(content)),
      z.array(
        z.discriminatedUnion(
          "type",
          [
            z.object({ type: z.literal(type), text: anyText }).transform((part) => part.text),
            z.object({ type: z.literal("refusal"), refusal: anyText }).transform(({ refusal }) => refusal),
          ],
          { error: unknownType(`${type} or refusal`) },
        ),
      ),
    )
    .transform((texts) => texts.join("\n"));
}

/** Text alone is a text. */
export function toContent(parts: readonly ContentPart[]): string | readonly ContentPart[] {
  const [first] = parts;
  return parts.length === 1 && first?.type === "text" ? first.text : parts;
}

export function toImagePart(image: Image, detail: Image["detail"]): ContentPart {
  return { type: "image", image: detail === undefined ? image : { ...image, detail } };
}

/** A text stands for one part. @param type that of the part */
export function partsOf(type: string): (content: unknown) => unknown {
  return (content) => (typeof content === "string" ? [{ type, text: content }] : content);
}

/** The message for a union whose `type` names none of its members. */
export function unknownType(names: string) {
  return (issue: z.core.$ZodRawIssue): string | undefined =>
    issue.code === "invalid_union" ? `must be ${names}` : undefined;
}
