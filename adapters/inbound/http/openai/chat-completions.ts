import type { CompleteChat } from "../../../../application/complete-chat.ts";
import { readJson } from "../body.ts";
import type { BoundedHandler } from "../deadline.ts";
import { principalOf } from "../principal.ts";
import type { HttpSettings } from "../settings.ts";
import { documentAddress } from "./annotations.ts";
import { ChatChoice, type ChatHead, chatReply } from "./chat-reply.ts";
import { toChat } from "./chat-request.ts";
import { type ChatBody, chatSchema, UNSUPPORTED_PARAMETERS } from "./chat-schema.ts";
import { interleaved } from "./choices.ts";
import { readParameters } from "./parameters.ts";
import { namingParameters } from "./unsupported.ts";

/**
 * `POST /v1/chat/completions`: the conversation completed as the OpenAI API does it, by any model of the config, and from what
 * a search finds where one is named (docs/openai-api.md).
 */
export function chatCompletions(chat: CompleteChat, settings: HttpSettings): BoundedHandler {
  const schema = chatSchema(settings.limits);
  return async (context, signal) => {
    const json = await readJson(context.req.raw, settings.limits.bodyBytes);
    const body = readParameters(schema, json, UNSUPPORTED_PARAMETERS);
    const principal = principalOf(context.req.raw.headers, settings.trustedPrincipalHeaders);
    const asked = toChat(body, settings.limits, principal);
    const head = headOf(body, asked.retrieval?.search ?? "");
    const start = (stop: AbortSignal) => namingParameters(() => chat.stream(asked, stop));
    const choices = Array.from({ length: body.n }, () => new ChatChoice(head));
    if (body.n === 1) for await (const event of start(signal)) choices[0]?.add(event);
    else {
      const startAll = (stop: AbortSignal) => choices.map(() => start(stop));
      for await (const { choice, event } of interleaved(startAll, signal)) choices[choice]?.add(event);
    }
    return context.json(chatReply(head, choices));
  };
}

function headOf({ model }: ChatBody, search: string): ChatHead {
  return {
    id: `chatcmpl-${crypto.randomUUID().replaceAll("-", "")}`,
    created: Math.floor(Date.now() / 1000),
    model,
    addressOf: documentAddress(search),
  };
}
