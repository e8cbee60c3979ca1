import type { Principal } from "../../../domain/principal.ts";
import type { PrincipalHeaders } from "./settings.ts";

/**
 * On whose behalf a trusted proxy says that it calls, in UTF-8; undefined where it does not say, where that cannot be read, or
 * where no header is trusted.
 */
export function principalOf(headers: Headers, trusted: PrincipalHeaders | undefined): Principal | undefined {
  const userId = trusted === undefined ? "" : textOf(headers, trusted.user).trim();
  if (trusted === undefined || userId === "") return undefined;
  const groups = trusted.groups === undefined ? "" : textOf(headers, trusted.groups);
  return {
    userId,
    groups: [...new Set(groups.split(",").map((group) => group.trim()))].filter((group) => group !== ""),
  };
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The header's bytes, which the Fetch API gives as characters of one byte each, read as UTF-8; "" where they are none. */
function textOf(headers: Headers, name: string): string {
  try {
    return utf8.decode(Uint8Array.from(headers.get(name) ?? "", (character) => character.charCodeAt(0)));
  } catch {
    return "";
  }
}
