import type { Principal } from "../../../domain/principal.ts";
import type { PrincipalHeaders } from "./settings.ts";

/** On whose behalf a trusted proxy says that it calls; undefined where it does not say, or where no header is trusted. */
export function principalOf(headers: Headers, trusted: PrincipalHeaders | undefined): Principal | undefined {
  const userId = trusted === undefined ? "" : (headers.get(trusted.user) ?? "").trim();
  if (trusted === undefined || userId === "") return undefined;
  const groups = trusted.groups === undefined ? "" : (headers.get(trusted.groups) ?? "");
  return {
    userId,
    groups: [...new Set(groups.split(",").map((group) => group.trim()))].filter((group) => group !== ""),
  };
}
