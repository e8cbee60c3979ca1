import type { SearchPassages } from "../../../application/search-passages.ts";
import { fromRetrieval } from "../representations.ts";
import { readJson } from "./body.ts";
import type { BoundedHandler } from "./deadline.ts";
import { jsonResponse } from "./json-response.ts";
import { principalOf } from "./principal.ts";
import { toRetrievalRequest } from "./representations.ts";
import type { RequestSchemas } from "./schemas.ts";
import type { HttpSettings } from "./settings.ts";
import { validate } from "./validation.ts";

/** `POST /search`: the passages without an answer. */
export function search(passages: SearchPassages, schemas: RequestSchemas, settings: HttpSettings): BoundedHandler {
  return async (context, signal) => {
    const body = validate(schemas.search, await readJson(context.env.direct.incoming, settings.limits.bodyBytes));
    const principal = principalOf(context.req.raw.headers, settings.trustedPrincipalHeaders);
    const started = performance.now();
    const found = await passages.search(body.vector_search_type, toRetrievalRequest(body, principal), signal);
    const totalMs = performance.now() - started;
    return jsonResponse(context, { ...fromRetrieval(found, totalMs), request_id: context.get("requestId") }, signal);
  };
}
