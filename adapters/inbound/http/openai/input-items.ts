import { z } from "zod";
import type { Message, ToolCall } from "../../../../domain/chat.ts";
import { messageOf } from "../validation.ts";
import {
  anyText,
  assistantText,
  ignoredHints,
  imageDetail,
  imageUrl,
  partsOf,
  text,
  textParts,
  toContent,
  toImagePart,
  unknownType,
} from "./content.ts";
import { type Conversation, callProblems } from "./conversation.ts";
import type { ParameterProblem } from "./errors.ts";
import { invalidValue } from "./parameters.ts";

/** Items of one request at most. */
const MAX_ITEMS = 2_048;

/** What items have when they come back from an answer, and no port has. */
const ignored = { id: z.string().nullish(), status: z.string().nullish(), phase: z.string().nullish() };

const inputText = z.strictObject({ type: z.literal("input_text"), text, ...ignoredHints });
const inputImage = z.strictObject({
  type: z.literal("input_image"),
  image_url: imageUrl,
  file_id: z.null("is not supported: no files are stored").optional(),
  detail: imageDetail.nullish(),
  ...ignoredHints,
});
const anyInputText = z.strictObject({ type: z.literal("input_text"), text: anyText, ...ignoredHints });

const userContent = z
  .preprocess(
    partsOf("input_text"),
    z
      .array(z.discriminatedUnion("type", [inputText, inputImage], { error: unknownType("input_text or input_image") }))
      .min(1, "must have at least one part"),
  )
  .transform((parts) =>
    toContent(
      parts.map((part) =>
        part.type === "input_text"
          ? { type: "text", text: part.text }
          : toImagePart(part.image_url, part.detail ?? undefined),
      ),
    ),
  );

const message = z.discriminatedUnion(
  "role",
  [
    z.strictObject({
      type: z.literal("message"),
      role: z.enum(["system", "developer"]),
      content: textParts("input_text", inputText),
      ...ignored,
    }),
    z.strictObject({ type: z.literal("message"), role: z.literal("user"), content: userContent, ...ignored }),
    // An answer comes back as it was given, with whatever a client put on it: what is not known is left out.
    z.object({ type: z.literal("message"), role: z.literal("assistant"), content: assistantText("output_text") }),
  ],
  { error: unknownType("system, developer, user or assistant") },
);

const functionCall = z.object({
  type: z.literal("function_call"),
  call_id: z.string().min(1, "must not be empty"),
  name: z.string(),
  arguments: z.string(),
});

const functionCallOutput = z.object({
  type: z.literal("function_call_output"),
  call_id: z.string(),
  output: textParts("input_text", anyInputText),
});

/** Of another service: what a model thought, no other one can read. */
const reasoning = z.object({ type: z.literal("reasoning") });

const itemReference = z.object({ type: z.literal("item_reference") }).transform((_, context) => {
  const message = "is not supported: nothing is stored, so items must be sent whole, as clients do with store: false";
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});

const item = z.preprocess(
  typed,
  z.discriminatedUnion("type", [message, functionCall, functionCallOutput, reasoning, itemReference], {
    error: unknownType("message, function_call, function_call_output or reasoning"),
  }),
);

const items = z.array(item).min(1, "must have at least one item").max(MAX_ITEMS);

/** What is said, and what the tools gave: a text stands for one message of the user's. */
export const input = z.unknown().transform((value, context): ReadInput => {
  const result = (typeof value === "string" ? text : items).safeParse(value, { error: messageOf });
  if (result.success) return result.data;
  for (const issue of result.error.issues) context.addIssue({ ...issue });
  return z.NEVER;
});

type ReadItem = z.output<typeof item>;
type ReadInput = string | readonly ReadItem[];

/** A message may leave its type out, and so may a reference. */
function typed(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const { type, role, id } = value as Readonly<Record<string, unknown>>;
  if (type !== undefined && type !== null) return value;
  if (role !== undefined) return { ...value, type: "message" };
  return id === undefined ? value : { ...value, type: "item_reference" };
}

/**
 * The instructions, joined in their order, and the turns: what of the assistant's follows each other, be it messages or calls
 * of tools, is one turn.
 */
export function toConversation(read: ReadInput, instructions = ""): Conversation {
  if (typeof read === "string")
    return { system: instructions, messages: [{ role: "user", content: read }], fields: ["input"] };
  const system = instructions === "" ? [] : [instructions];
  const turns: { readonly message: Message; readonly field: string }[] = [];
  for (const [at, each] of read.entries()) {
    if (each.type === "reasoning") continue;
    if (isInstructions(each)) {
      system.push(each.content);
      continue;
    }
    const next = toMessage(each);
    const last = turns.at(-1);
    if (next.role === "assistant" && last?.message.role === "assistant")
      turns[turns.length - 1] = { ...last, message: joined(last.message, next) };
    else turns.push({ message: next, field: `input[${at}]` });
  }
  return {
    system: system.join("\n\n"),
    messages: turns.map((turn) => turn.message),
    fields: turns.map(({ field }) => field),
  };
}

type Instructions = Extract<ReadItem, { role: "system" | "developer" }>;
type Said = Exclude<ReadItem, Instructions | { type: "reasoning" }>;
type AssistantMessage = Extract<Message, { role: "assistant" }>;

function isInstructions(read: ReadItem): read is Instructions {
  return read.type === "message" && (read.role === "system" || read.role === "developer");
}

function toMessage(said: Said): Message {
  if (said.type === "function_call_output") return { role: "tool", toolCallId: said.call_id, content: said.output };
  if (said.type === "function_call") {
    const call: ToolCall = { id: said.call_id, name: said.name, arguments: said.arguments };
    return { role: "assistant", content: "", toolCalls: [call] };
  }
  return said.role === "user" ? { role: "user", content: said.content } : { role: "assistant", content: said.content };
}

function joined(first: AssistantMessage, second: AssistantMessage): AssistantMessage {
  const toolCalls = [...(first.toolCalls ?? []), ...(second.toolCalls ?? [])];
  const content = [first.content, second.content].filter((said) => said !== "").join("\n");
  return { role: "assistant", content, ...(toolCalls.length === 0 ? {} : { toolCalls }) };
}

/** Rules that the items must keep together. */
export function inputProblems({ messages, fields }: Conversation): readonly ParameterProblem[] {
  const { unanswered, uncalled } = callProblems(messages);
  const problems = unanswered.map((number) =>
    invalidValue(
      fields[number] ?? "input",
      "must have each of its calls answered right after it, by a function_call_output",
    ),
  );
  for (const number of uncalled)
    problems.push(invalidValue(`${fields[number]}.call_id`, "must be the call_id of a function_call right before"));
  if (messages.length === 0) problems.push(invalidValue("input", "must hold more than instructions: a user's message"));
  return problems;
}
