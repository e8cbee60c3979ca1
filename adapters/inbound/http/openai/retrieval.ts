import { z } from "zod";
import type { ChatRetrieval } from "../../../../application/complete-chat.ts";
import { parseFilter } from "../../../../domain/filter.ts";
import { textOf } from "../../../../domain/prompt.ts";
import type { DefaultAndMax, HttpLimits } from "../settings.ts";
import { foundProblems } from "../validation.ts";
import { text } from "./content.ts";
import type { Conversation } from "./conversation.ts";
import type { ParameterProblem } from "./errors.ts";
import { invalidValue, NAME_LENGTH, whole } from "./parameters.ts";

type RetrievalParameter = z.output<ReturnType<typeof retrieval>>;

/** Our own parameter: what the user's last turn is to be answered from. */
export function retrieval(topK: DefaultAndMax) {
  return z.strictObject({
    search: text.max(NAME_LENGTH).exactOptional(),
    top_k: whole(1, topK.max).default(topK.default),
    filter: filter.exactOptional(),
  });
}

const filter = z.unknown().transform((json, context) => {
  const { filter: parsed, problems } = parseFilter(json, "retrieval.filter");
  return parsed ?? foundProblems(context, problems ?? []);
});

/** @param named the search that the model's name says */
export function toRetrieval(
  given: RetrievalParameter | undefined,
  named: string | undefined,
  { topK }: HttpLimits,
): ChatRetrieval | undefined {
  const search = given?.search ?? named;
  if (search === undefined) return undefined;
  const { filter: chosen } = given ?? {};
  return { search, topK: given?.top_k ?? topK.default, ...(chosen === undefined ? {} : { filter: chosen }) };
}

/** @param named the search that the model's name says */
export function retrievalProblems(
  given: RetrievalParameter | undefined,
  named: string | undefined,
): readonly ParameterProblem[] {
  if (given === undefined) return [];
  const { search } = given;
  if (search === undefined && named === undefined)
    return [{ field: "retrieval.search", message: "is missing", code: "missing_required_parameter" }];
  if (search !== undefined && named !== undefined && search !== named)
    return [invalidValue("retrieval.search", `must be ${named}, which the model's name says, or be left out`)];
  return [];
}

/** The parameters that hold a conversation. */
export interface ConversationNames {
  readonly messages: string;
  readonly instructions: string;
}

/** Where passages are retrieved the limits of `/generate` hold; else the body's limit is the only one. */
export function groundingProblems(
  { system, messages, fields }: Conversation,
  names: ConversationNames,
  { promptLength, systemLength, historyLength }: HttpLimits,
): readonly ParameterProblem[] {
  const at = messages.findLastIndex(({ role }) => role === "user");
  const asked = messages[at];
  const question = asked === undefined ? "" : textOf(asked);
  const asks = fields[at] ?? names.messages;
  const last = messages.at(-1)?.role;
  const othersLength = messages.toSpliced(at, 1).reduce((sum, message) => sum + textOf(message).length, 0);
  const rules: readonly (readonly [broken: boolean, field: string, message: string])[] = [
    [asked !== undefined && !/\S/u.test(question), asks, "must have text, since passages are to be found for it"],
    [
      last !== "user" && last !== "tool",
      fields.at(-1) ?? names.messages,
      "must be a user's, or a tool's, where passages are retrieved",
    ],
    [
      question.length > promptLength,
      asks,
      `must have at most ${promptLength} characters, where passages are retrieved`,
    ],
    [
      system.length > systemLength,
      names.instructions,
      `must have at most ${systemLength} characters of instructions, where passages are retrieved`,
    ],
    [
      othersLength > historyLength,
      names.messages,
      `must have at most ${historyLength} characters beside the question, where passages are retrieved`,
    ],
  ];
  return rules.filter(([broken]) => broken).map(([, field, message]) => invalidValue(field, message));
}
