import { ServiceError } from "../../../domain/errors.ts";
import type { Principal } from "../../../domain/principal.ts";

/** Options by which an operator asks as somebody. */
export interface PrincipalOptions {
  readonly user?: string;
  readonly group?: readonly string[];
}

/** The principal that the options name, as a part of a request; nobody where they name none. @throws ServiceError invalid-request where they name groups alone, or nothing */
export function principalOf({ user, group = [] }: PrincipalOptions): { readonly principal?: Principal } {
  if (user === undefined && group.length === 0) return {};
  if (user === undefined) throw new ServiceError("invalid-request", "The option --group needs --user.");
  if ([user, ...group].some((id) => id.trim() === ""))
    throw new ServiceError("invalid-request", "The options --user and --group need an id that is not blank.");
  return { principal: { userId: user, groups: [...new Set(group)] } };
}
