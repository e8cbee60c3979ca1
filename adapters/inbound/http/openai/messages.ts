import { z } from "zod";
import type { Message, ToolCall } from "../../../../domain/chat.ts";
import { assistantContent, instructions, toolContent, unknownType, userContent } from "./content.ts";
import type { ParameterProblem } from "./errors.ts";
import { invalidValue } from "./parameters.ts";

/** Messages of one request at most. */
const MAX_MESSAGES = 2_048;

/** Of participants: no port has it. */
const ignored = { name: z.string().nullish() };

const toolCall = z
  .object({
    id: z.string().min(1, "must not be empty"),
    type: z.literal("function"),
    function: z.object({ name: z.string(), arguments: z.string() }),
  })
  .transform(({ id, function: { name, arguments: json } }): ToolCall => ({ id, name, arguments: json }));

/** An answer comes back as it was given, with whatever a gateway put on it: what is not known is left out. */
const assistant = z
  .object({
    role: z.literal("assistant"),
    content: assistantContent,
    refusal: z.string().nullish(),
    tool_calls: z.array(toolCall).nullish(),
  })
  .transform(({ content, refusal, tool_calls: calls }) => ({
    role: "assistant" as const,
    content: content === "" ? (refusal ?? "") : content,
    ...(calls === undefined || calls === null || calls.length === 0 ? {} : { toolCalls: calls }),
  }));

export const messages = z
  .array(
    z.discriminatedUnion(
      "role",
      [
        z.strictObject({ role: z.enum(["system", "developer"]), content: instructions, ...ignored }),
        z.strictObject({ role: z.literal("user"), content: userContent, ...ignored }),
        assistant,
        z.strictObject({ role: z.literal("tool"), content: toolContent, tool_call_id: z.string(), ...ignored }),
      ],
      { error: unknownType("system, developer, user, assistant or tool") },
    ),
  )
  .min(1, "must have at least one message")
  .max(MAX_MESSAGES);

type ReadMessage = z.output<typeof messages>[number];

/** The instructions, joined in their order, and the turns. */
export function toConversation(read: readonly ReadMessage[]): {
  readonly system: string;
  readonly messages: readonly Message[];
} {
  const system: string[] = [];
  const turns: Message[] = [];
  for (const message of read) {
    if (isInstructions(message)) system.push(message.content);
    else if (message.role === "user") turns.push({ role: "user", content: message.content });
    else if (message.role === "tool")
      turns.push({ role: "tool", toolCallId: message.tool_call_id, content: message.content });
    else turns.push(message);
  }
  return { system: system.join("\n\n"), messages: turns };
}

/** Every vendor wants an answer to each call of a tool right after it, and no answer without a call. */
export function conversationProblems(read: readonly ReadMessage[]): readonly ParameterProblem[] {
  const problems: ParameterProblem[] = [];
  let open: { readonly at: number; readonly ids: Set<string> } | undefined;
  const close = () => {
    if (open === undefined || open.ids.size === 0) return;
    problems.push(invalidValue(`messages[${open.at}].tool_calls`, "must each be answered by the messages after it"));
  };
  for (const [at, message] of read.entries()) {
    if (message.role === "tool") {
      if (open?.ids.delete(message.tool_call_id) !== true)
        problems.push(
          invalidValue(`messages[${at}].tool_call_id`, "must be the id of a call in the assistant's message before"),
        );
      continue;
    }
    close();
    const calls = message.role === "assistant" && "toolCalls" in message ? (message.toolCalls ?? []) : [];
    open = { at, ids: new Set(calls.map(({ id }) => id)) };
  }
  close();
  if (read.every(isInstructions))
    problems.push(invalidValue("messages", "must hold more than instructions: a user's message"));
  return problems;
}

function isInstructions(message: ReadMessage): message is Extract<ReadMessage, { role: "system" | "developer" }> {
  return message.role === "system" || message.role === "developer";
}
