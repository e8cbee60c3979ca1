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
import { OpeningEvents, WAITING } from "./opening.ts";
import { readParameters } from "./parameters.ts";
import { endedResponse, responseSettings } from "./response-object.ts";
import { newId, ResponseOutput } from "./response-output.ts";
import { ResponseStream } from "./response-stream.ts";
import { toChat } from "./responses-request.ts";
import { responsesSchema, UNSUPPORTED_RESPONSE_PARAMETERS } from "./responses-schema.ts";
import { namingParameters, RESPONSE_FEATURES } from "./unsupported.ts";

/**
 * `POST /v1/responses`: an answer as the OpenAI API's newer door gives it, by any model of the config, and from what a search
 * finds where one is named; nothing is stored (docs/openai-api.md).
 */
export function responses(chat: CompleteChat, settings: HttpSettings): BoundedHandler {
  const schema = responsesSchema(settings.limits);
  return async (context, signal) => {
    const json = await readJson(context.env.direct.incoming, settings.limits.bodyBytes);
    const body = readParameters(schema, json, UNSUPPORTED_RESPONSE_PARAMETERS);
    const { headers } = context.req.raw;
    const principal = principalOf(headers, settings.trustedPrincipalHeaders);
    const caller = { ...originOf(context.var), principal, noStore: forbidsStore(headers) };
    const asked = toChat(body, settings.limits, caller);
    const createdAt = Math.floor(Date.now() / 1000);
    const head = { id: newId("resp"), createdAt, settings: responseSettings(body) };
    const output = new ResponseOutput(documentAddress(asked.retrieval?.search ?? ""));
    const answer = namingParameters(RESPONSE_FEATURES, () => chat.stream(asked, signal));
    const events = asked.retrieval === undefined ? answer : withCacheHeader(context, answer);
    if (!body.stream) {
      for await (const event of events) output.add(event);
      return jsonResponse(context, endedResponse(head, output), signal);
    }
    const stream = new ResponseStream(head, output);
    return sseResponse(context, new OpeningEvents(events, saysSomething, settings.silenceMs), {
      frame: (event) => (event === WAITING ? stream.waiting() : stream.frame(event)),
      errorFrame: (error) => stream.failure(error),
      signal,
      silenceMs: settings.silenceMs,
    });
  };
}

function saysSomething({ type }: AnswerEvent): boolean {
  return type !== "sources" && type !== "cache";
}
