import type { Chat } from "../../../../application/complete-chat.ts";
import type { Caller } from "./caller.ts";

/** What a request asks for, whichever address it came to; what is undefined was not asked for. */
export interface Asked extends Pick<Chat, "model" | "system" | "messages" | "parameters"> {
  readonly stream: boolean | null | undefined;
  readonly maxTokens: number | null | undefined;
  readonly retrieval: Chat["retrieval"] | undefined;
}

/** The conversation that a caller wants completed. */
export function chatOf(
  { model, system, messages, parameters, stream, maxTokens, retrieval }: Asked,
  { principal, noStore, ...origin }: Caller,
): Chat {
  return {
    model,
    system,
    messages,
    parameters,
    noStore,
    ...(stream ? {} : { atOnce: true }),
    ...(maxTokens === undefined || maxTokens === null ? {} : { maxTokens }),
    ...(retrieval === undefined ? {} : { retrieval }),
    ...(principal === undefined ? {} : { principal }),
    ...origin,
  };
}
