import type { HttpSettings } from "../adapters/inbound/http/settings.ts";
import type { Config } from "./config/load.ts";

/** Proxies close what is silent for long, AWS' load balancers after 60 s. */
const SILENCE_MS = 15_000;

/** The part of the config that the HTTP side needs, in its own words. */
export function httpSettings({ server, limits, answer, principal }: Config): HttpSettings {
  return {
    deadlineMs: server.deadline_ms,
    silenceMs: SILENCE_MS,
    limits: {
      bodyBytes: limits.body_bytes,
      promptLength: limits.prompt_characters,
      systemLength: limits.system_characters,
      historyLength: limits.history_characters,
      documentLength: limits.document_characters,
      topK: { default: answer.top_k, max: limits.top_k },
      maxTokens: { default: answer.max_tokens, max: limits.max_tokens },
    },
    ...(principal === undefined ? {} : { trustedPrincipalHeaders: headersOf(principal) }),
  };
}

function headersOf({ user_header: user, groups_header: groups }: NonNullable<Config["principal"]>) {
  return { user, ...(groups === undefined ? {} : { groups }) };
}
