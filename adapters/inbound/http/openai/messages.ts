import { z } from "zod";
import type { Message, ToolCall } from "../../../../domain/chat.ts";
import { assistantContent, instructions, toolContent, unknownType, userContent } from "./content.ts";
import { type Conversation, callProblems } from "./conversation.ts";
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
type Instructions = Extract<ReadMessage, { role: "system" | "developer" }>;

/** The instructions, joined in their order, and the turns. */
export function toConversation(read: readonly ReadMessage[]): Conversation {
  const system: string[] = [];
  const turns: Message[] = [];
  const fields: string[] = [];
  for (const [at, message] of read.entries()) {
    if (isInstructions(message)) {
      system.push(message.content);
      continue;
    }
    turns.push(toMessage(message));
    fields.push(`messages[${at}]`);
  }
  return { system: system.join("\n\n"), messages: turns, fields };
}

function isInstructions(message: ReadMessage): message is Instructions {
  return message.role === "system" || message.role === "developer";
}

function toMessage(message: Exclude<ReadMessage, Instructions>): Message {
  if (message.role === "user") return { role: "user", content: message.content };
  if (message.role === "tool") return { role: "tool", toolCallId: message.tool_call_id, content: message.content };
  return message;
}

/** Rules that the messages must keep together. */
export function conversationProblems({ messages: turns, fields }: Conversation): readonly ParameterProblem[] {
  const { unanswered, uncalled } = callProblems(turns);
  const problems = unanswered.map((number) =>
    invalidValue(`${fields[number]}.tool_calls`, "must each be answered by the messages after it"),
  );
  for (const number of uncalled)
    problems.push(
      invalidValue(`${fields[number]}.tool_call_id`, "must be the id of a call in the assistant's message before"),
    );
  if (turns.length === 0) problems.push(invalidValue("messages", "must hold more than instructions: a user's message"));
  return problems;
}
