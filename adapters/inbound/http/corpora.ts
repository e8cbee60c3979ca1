import type { IngestDocuments } from "../../../application/ingest-documents.ts";
import { DOCUMENT_LIMITS } from "../../../domain/document.ts";
import { ServiceError } from "../../../domain/errors.ts";
import type { AdapterFactory } from "../../../domain/ports/adapter-factory.ts";
import { readJson } from "./body.ts";
import type { BoundedHandler } from "./deadline.ts";
import { principalOf } from "./principal.ts";
import { countsOf, fromCorpus, fromDocument } from "./representations.ts";
import type { RequestSchemas } from "./schemas.ts";
import type { HttpSettings } from "./settings.ts";
import { invalidRequest, validate } from "./validation.ts";

/**
 * `GET /corpora`: what each search that can be written to holds of what the caller may read, or why that cannot be told.
 * Where callers are told apart, generation and embedder are left out: both tell of what a caller may not read.
 */
export function listCorpora(adapters: AdapterFactory, { trustedPrincipalHeaders }: HttpSettings): BoundedHandler {
  return async (context, signal) => {
    const principal = principalOf(context.req.raw.headers, trustedPrincipalHeaders);
    const describe = async (name: string) => {
      const description = await adapters.corpus(name).describeFor(principal, signal);
      return trustedPrincipalHeaders === undefined ? fromCorpus(name, description) : countsOf(name, description);
    };
    const corpora = adapters.corpora.map((name) => orProblem(name, describe(name), signal));
    context.header(...NOT_TO_BE_STORED);
    return context.json({ corpora: await Promise.all(corpora), request_id: context.get("requestId") });
  };
}

async function orProblem<Told>(name: string, told: Promise<Told>, signal: AbortSignal) {
  try {
    return await told;
  } catch (error) {
    if (signal.aborted || !(error instanceof ServiceError)) throw error;
    return { name, error: { code: error.code, detail: error.message } };
  }
}

/** `PUT`: 201 where the document is new, 200 where it was there. */
export function putDocument(documents: IngestDocuments, schemas: RequestSchemas, bodyBytes: number): BoundedHandler {
  return async (context, signal) => {
    const { corpus, id } = documentAddress(context.req.url);
    const body = validate(schemas.document, await readJson(context.env.direct.incoming, bodyBytes));
    const { added, replaced } = await documents.put(corpus, { id, ...body }, signal);
    const outcome = added > 0 ? "added" : replaced > 0 ? "replaced" : "unchanged";
    return context.json({ id, outcome, request_id: context.get("requestId") }, added > 0 ? 201 : 200);
  };
}

/** `GET`: what the caller may not read is `not-found`, like what is not there. */
export function getDocument(documents: IngestDocuments, settings: HttpSettings): BoundedHandler {
  return async (context, signal) => {
    const { corpus, id } = documentAddress(context.req.url);
    const principal = principalOf(context.req.raw.headers, settings.trustedPrincipalHeaders);
    const document = await documents.get(corpus, id, principal, signal);
    context.header(...NOT_TO_BE_STORED);
    return context.json(fromDocument(document));
  };
}

/** `DELETE`: 204; what is not there, or not for the caller to read, is `not-found`, so a caller learns of a wrong id. */
export function deleteDocument(documents: IngestDocuments, settings: HttpSettings): BoundedHandler {
  return async (context, signal) => {
    const { corpus, id } = documentAddress(context.req.url);
    const principal = principalOf(context.req.raw.headers, settings.trustedPrincipalHeaders);
    await documents.remove(corpus, id, principal, signal);
    return context.body(null, 204);
  };
}

/** What one caller may read must not come out of a cache on the way for another one. */
const NOT_TO_BE_STORED = ["cache-control", "no-store"] as const;

/** `POST`: how many documents the filter or the ids have found, of those that the caller may read, and removed; 0 where there were none. */
export function deleteDocuments(
  documents: IngestDocuments,
  schemas: RequestSchemas,
  { limits, trustedPrincipalHeaders }: HttpSettings,
): BoundedHandler {
  return async (context, signal) => {
    const corpus = decode(DELETE_URL.exec(context.req.url)?.groups?.corpus, "name");
    const selection = validate(schemas.removal, await readJson(context.env.direct.incoming, limits.bodyBytes));
    const principal = principalOf(context.req.raw.headers, trustedPrincipalHeaders);
    const removed = await documents.removeAllFor(principal, corpus, selection, signal);
    return context.json({ removed, request_id: context.get("requestId") });
  };
}

const DELETE_URL = /^[a-z]+:\/\/[^/]*\/corpora\/(?<corpus>[^/?#]+)\/delete/u;
const DOCUMENT_URL = /^[a-z]+:\/\/[^/]*\/corpora\/(?<corpus>[^/?#]+)\/documents\/(?<id>[^?#]+)/u;

/**
 * Corpus and document that the URL names. Hono's own parameters hide an escape that is no UTF-8; here it is refused.
 * The URL class throws on hosts that Deno lets pass, so it is not asked.
 */
function documentAddress(url: string): { readonly corpus: string; readonly id: string } {
  const groups = DOCUMENT_URL.exec(url)?.groups;
  const corpus = decode(groups?.corpus, "name");
  const id = decode(groups?.id, "id");
  // Steps in the path: Node and most callers resolve them, Deno hands them on.
  if (id === "." || id === "..") throw nothingHere();
  if (id.length > DOCUMENT_LIMITS.idLength) {
    throw invalidRequest([{ field: "id", message: `must have at most ${DOCUMENT_LIMITS.idLength} characters` }]);
  }
  if (/\p{Cc}/u.test(id)) throw invalidRequest([{ field: "id", message: "must be without control characters" }]);
  return { corpus, id };
}

function decode(segment: string | undefined, field: string): string {
  if (segment === undefined) throw nothingHere();
  try {
    return decodeURIComponent(segment);
  } catch {
    throw invalidRequest([{ field, message: "must be percent-encoded UTF-8" }]);
  }
}

function nothingHere(): ServiceError {
  return new ServiceError("not-found", "There is nothing at this address.");
}
