import type { Scope } from "../../../domain/ports/keyring-port.ts";

/** `open` to everybody; `key` to whoever has one, for whatever; else to whoever has a key with one of the scopes. */
export type Access = "open" | "key" | readonly Scope[];

/**
 * Who may do what, by method and route as the app has them. `admin` may do everything, and is needed where a route is not
 * here. Whatever is open tells nothing of documents, callers and their use.
 */
export const ACCESS: Readonly<Record<string, Access>> = {
  "GET /": "open",
  "GET /health/live": "open",
  "GET /health/ready": "open",
  "GET /models": "key",
  "GET /v1/models": "key",
  "GET /v1/models/:id{.+}": "key",
  "POST /generate": ["ask"],
  "POST /v1/chat/completions": ["ask"],
  "POST /v1/responses": ["ask"],
  "POST /v1/embeddings": ["ask"],
  "POST /search": ["search"],
  "GET /corpora": ["search", "write"],
  "GET /corpora/:name/documents/:id{.+}": ["search"],
  "PUT /corpora/:name/documents/:id{.+}": ["write"],
  "DELETE /corpora/:name/documents/:id{.+}": ["write"],
  "POST /corpora/:name/delete": ["write"],
  "GET /usage": ["admin"],
  "GET /metrics": ["admin"],
};
