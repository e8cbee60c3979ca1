import type { HttpSettings } from "../adapters/inbound/http/settings.ts";
import type { Config } from "./config/load.ts";

/** The part of the config that the HTTP side needs, in its own words. */
export function httpSettings({ server, limits, answer, principal }: Config): HttpSettings {
  return {
    deadlineMs: server.deadline_ms,
  };
}
