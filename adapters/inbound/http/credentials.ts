import type { MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import { ServiceError } from "../../../domain/errors.ts";
import type { AllowancePort } from "../../../domain/ports/allowance-port.ts";
import type { Caller, KeyringPort } from "../../../domain/ports/keyring-port.ts";
import { ACCESS, type Access } from "./access.ts";
import type { HttpContext, HttpEnvironment } from "./http-context.ts";
import { tellStanding } from "./rate-limit-headers.ts";

/** The keys that callers may show, and what may be used under them. */
export interface Callers {
  readonly keyring: KeyringPort;
  readonly allowances: AllowancePort;
}

/** Lets by whoever has a key for what is asked and something left to spend, under the key's name as the account. */
export function credentials({ keyring, allowances }: Callers): MiddlewareHandler<HttpEnvironment> {
  return async (context, next) => {
    const access = accessTo(context);
    if (access !== "open") {
      const { account, scopes } = identified(context, keyring);
      context.set("account", account);
      if (access !== "key" && !scopes.has("admin") && !access.some((scope) => scopes.has(scope)))
        throw forbidden(access);
      const standing = allowances.admit(account, access !== "key" && access.includes("ask"));
      tellStanding(context, standing);
      if (standing.refusal !== undefined) throw standing.refusal;
    }
    await next();
  };
}

/** @throws ServiceError unauthenticated; the answer then names the way to show a key (RFC 6750) */
function identified(context: HttpContext, keyring: KeyringPort): Caller {
  try {
    return keyring.identify(shownKey(context));
  } catch (error) {
    context.header("www-authenticate", "Bearer");
    throw error;
  }
}

/** By the route that the app has found, so that no spelling of an address gets past. An address without a route wants a key. */
function accessTo(context: HttpContext): Access {
  const route = matchedRoutes(context).find(({ method }) => method !== "ALL");
  if (route === undefined) return "key";
  return ACCESS[`${route.method} ${route.path}`] ?? ["admin"];
}

const BEARER = /^Bearer +(\S+)$/iu;

/** The one key of the headers. @throws ServiceError unauthenticated */
function shownKey(context: HttpContext): string {
  const authorization = context.req.header("authorization");
  const other = context.req.header("x-api-key");
  if (authorization === undefined && other === undefined)
    throw unauthenticated("There is no key. Send the header authorization: Bearer KEY.");
  const bearer = authorization === undefined ? other : BEARER.exec(authorization)?.[1];
  if (bearer === undefined) throw unauthenticated("The header authorization must be Bearer KEY.");
  if (other !== undefined && other !== bearer)
    throw unauthenticated("The headers authorization and x-api-key hold different keys.");
  return bearer;
}

function unauthenticated(message: string): ServiceError {
  return new ServiceError("unauthenticated", message);
}

function forbidden(scopes: readonly string[]): ServiceError {
  const wanted = scopes.includes("admin") ? scopes : [...scopes, "admin"];
  return new ServiceError("forbidden", `The key lacks the scope that this wants: ${wanted.join(" or ")}.`);
}
