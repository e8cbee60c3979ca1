import { Buffer } from "node:buffer";
import type { ContentBlock, ImageFormat, Message as VendorMessage } from "@aws-sdk/client-bedrock-runtime";
import type { ContentPart, Image, Message, ToolCall } from "../../../domain/chat.ts";
import { ServiceError } from "../../../domain/errors.ts";
import { textOf } from "../../../domain/prompt.ts";
import type { Json } from "./json.ts";

/** What of a conversation the model takes as it is. */
export interface TurnSettings {
  /** Whether tools are offered: without them Converse refuses calls and their results, which are told as text then. */
  readonly tools: boolean;
  readonly images: boolean;
}

const IMAGE_FORMATS: Readonly<Record<string, ImageFormat>> = {
  "image/png": "png",
  "image/jpeg": "jpeg",
  "image/gif": "gif",
  "image/webp": "webp",
};

/**
 * Converse wants user and assistant to alternate: turns of one role become one message of several blocks. Empty texts, which
 * it refuses, are left out. @throws ServiceError invalid-request for an image of another format than it takes
 */
export function alternating(messages: readonly Message[], settings: TurnSettings): VendorMessage[] {
  const merged: { role: "user" | "assistant"; content: ContentBlock[] }[] = [];
  for (const message of messages) {
    const content = blocksOf(message, settings);
    if (content.length === 0) continue;
    const role = message.role === "assistant" ? "assistant" : "user";
    const last = merged.at(-1);
    if (last?.role === role) last.content.push(...content);
    else merged.push({ role, content });
  }
  return merged;
}

function blocksOf(message: Message, { tools, images }: TurnSettings): ContentBlock[] {
  if (message.role === "user" && typeof message.content !== "string") {
    return message.content.flatMap((part) => partBlocks(part, images));
  }
  if (message.role === "user" || !tools) return textBlocks(textOf(message));
  if (message.role === "assistant")
    return [...textBlocks(message.content), ...(message.toolCalls ?? []).map(callBlock)];
  return [{ toolResult: { toolUseId: message.toolCallId, content: textBlocks(message.content) } }];
}

function textBlocks(text: string): { text: string }[] {
  return text === "" ? [] : [{ text }];
}

function partBlocks(part: ContentPart, images: boolean): ContentBlock[] {
  if (part.type === "text") return textBlocks(part.text);
  return images && part.image.base64 !== undefined ? [imageBlock(part.image)] : [];
}

function imageBlock({ mediaType, base64 }: Extract<Image, { base64: string }>): ContentBlock {
  const format = IMAGE_FORMATS[mediaType.toLowerCase()];
  if (format !== undefined) return { image: { format, source: { bytes: Buffer.from(base64, "base64") } } };
  const problem = { field: "images", message: `must be one of ${Object.keys(IMAGE_FORMATS).join(", ")}` };
  throw new ServiceError("invalid-request", "Bedrock takes no image of this media type.", { problems: [problem] });
}

function callBlock({ id, name, arguments: json }: ToolCall): ContentBlock {
  return { toolUse: { toolUseId: id, name, input: inputOf(json) } };
}

/** Models want an object; what a model wrote that is none goes back to it as a text. */
function inputOf(json: string): Json {
  try {
    const input: unknown = JSON.parse(json === "" ? "{}" : json);
    if (typeof input === "object" && input !== null && !Array.isArray(input)) return input as Json;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return { arguments: json };
}
