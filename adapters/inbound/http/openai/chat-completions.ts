import type { CompleteChat } from "../../../../application/complete-chat.ts";
import type { AnswerEvent } from "../../../../domain/answer.ts";
import { originOf } from "../../../../domain/origin.ts";
import { readJson } from "../body.ts";
import { forbidsStore, withCacheHeader } from "../cache-header.ts";
import type { BoundedHandler } from "../deadline.ts";
import { jsonResponse } from "../json-response.ts";
import { principalOf } from "../principal.ts";
import type { HttpSettings } from "../settings.ts";
import { sseResponse } from "../sse.ts";
import { documentAddress } from "./annotations.ts";
import { ChatChoice, type ChatHead, chatReply } from "./chat-reply.ts";
import { toChat } from "./chat-request.ts";
import { type ChatBody, chatSchema, UNSUPPORTED_PARAMETERS } from "./chat-schema.ts";
import { ChatStream } from "./chat-stream.ts";
import { type ChoiceEvent, interleaved } from "./choices.ts";
import { openaiErrorOf } from "./errors.ts";
import { OpeningEvents, WAITING } from "./opening.ts";
import { readParameters } from "./parameters.ts";
import { CHAT_FEATURES, namingParameters } from "./unsupported.ts";

/** Begins one answer, under the signal that stops it. */
type Start = (signal: AbortSignal) => AsyncIterable<AnswerEvent>;

/**
 * `POST /v1/chat/completions`: the conversation completed as the OpenAI API does it, by any model of the config, and from what
 * a search finds where one is named (docs/openai-api.md).
 */
export function chatCompletions(chat: CompleteChat, settings: HttpSettings): BoundedHandler {
  const schema = chatSchema(settings.limits);
  return async (context, signal) => {
    const json = await readJson(context.env.direct.incoming, settings.limits.bodyBytes);
    const body = readParameters(schema, json, UNSUPPORTED_PARAMETERS);
    const { headers } = context.req.raw;
    const principal = principalOf(headers, settings.trustedPrincipalHeaders);
    const asked = toChat(body, settings.limits, {
      ...originOf({ account: context.get("account"), requestId: context.get("requestId") }),
      principal,
      noStore: forbidsStore(headers),
    });
    const head = headOf(body, asked.retrieval?.search ?? "");
    const start: Start = (stop) => {
      const events = namingParameters(CHAT_FEATURES, () => chat.stream(asked, stop));
      return asked.retrieval === undefined ? events : withCacheHeader(context, events);
    };
    if (!body.stream && body.n === 1 && asked.retrieval === undefined) {
      const completion = await namingParameters(CHAT_FEATURES, () => chat.complete(asked, signal));
      return jsonResponse(context, chatReply(head, [{ completion }]), signal);
    }
    if (!body.stream)
      return jsonResponse(context, chatReply(head, await collectChoices(start, body.n, head, signal)), signal);
    const stream = new ChatStream(head, { choices: body.n, includeUsage: body.stream_options?.include_usage === true });
    const respond = <Event>(events: AsyncIterable<Event>, read: (event: Event) => ChoiceEvent) =>
      sseResponse(context, new OpeningEvents(events, (event) => saysSomething(read(event)), settings.silenceMs), {
        frame: (event) => (event === WAITING ? stream.waiting() : stream.frame(read(event))),
        errorFrame,
        signal,
        silenceMs: settings.silenceMs,
      });
    if (body.n === 1) return respond(start(signal), (event) => ({ choice: 0, event }));
    const events = interleaved((stop) => Array.from({ length: body.n }, () => start(stop)), signal);
    return respond(events, (event) => event);
  };
}

async function collectChoices(
  start: Start,
  count: number,
  head: ChatHead,
  signal: AbortSignal,
): Promise<readonly ChatChoice[]> {
  const choices = Array.from({ length: count }, () => new ChatChoice(head));
  if (count === 1) {
    for await (const event of start(signal)) choices[0]?.add(event);
    return choices;
  }
  const events = interleaved((stop) => choices.map(() => start(stop)), signal);
  for await (const { choice, event } of events) choices[choice]?.add(event);
  return choices;
}

function headOf({ model }: ChatBody, search: string): ChatHead {
  return {
    id: `chatcmpl-${crypto.randomUUID().replaceAll("-", "")}`,
    created: Math.floor(Date.now() / 1000),
    model,
    addressOf: documentAddress(search),
  };
}

/** What ends a stream that breaks: clients throw it as an error of the API. */
function errorFrame(error: Error): string {
  return `data: ${JSON.stringify(openaiErrorOf(error))}\n\n`;
}

function saysSomething({ event }: ChoiceEvent): boolean {
  return event.type !== "sources" && event.type !== "cache";
}
