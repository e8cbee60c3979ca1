import { DOCUMENT_LIMITS, type Readers } from "./document.ts";
import type { Problem } from "./errors.ts";
import type { Principal } from "./principal.ts";

/**
 * Whether a principal, or nobody known, may read a document with these readers; a document without readers is everybody's.
 * The reference: every engine that keeps readers must agree with it. Ids compare exactly, by UTF-16 code unit, and a user's
 * id is never a group's.
 */
export function mayRead(readers: Readers | undefined, principal: Principal | undefined): boolean {
  if (readers === undefined) return true;
  if (principal === undefined) return false;
  return readers.users.includes(principal.userId) || principal.groups.some((group) => readers.groups.includes(group));
}

export type ParsedReaders =
  | { readonly readers: Readers; readonly problems?: never }
  | { readonly problems: readonly Problem[]; readonly readers?: never };

const KINDS = ["users", "groups"] as const;

/**
 * Reads what callers and files write: `{"users": ["ada"], "groups": ["captains"]}`, either of which may be left out and is
 * empty then. Returns the readers, or every problem with its path below `at`; what is malformed is never taken for public.
 */
export function parseReaders(json: unknown, at = "readers"): ParsedReaders {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    return { problems: [{ field: at, message: "must be an object with users, groups or both" }] };
  }
  const given = new Map<string, unknown>(Object.entries(json));
  const problems: Problem[] = [];
  if (given.size === 0) problems.push({ field: at, message: "must name users, groups or both" });
  for (const key of given.keys()) {
    if (!KINDS.some((kind) => kind === key))
      problems.push({ field: `${at}.${key}`, message: "is not known; known are users and groups" });
  }
  const [users = [], groups = []] = KINDS.map((kind) => idsIn(given.get(kind), `${at}.${kind}`, problems));
  return problems.length > 0 ? { problems } : { readers: { users, groups } };
}

function idsIn(json: unknown, at: string, problems: Problem[]): readonly string[] {
  if (json === undefined) return [];
  if (!Array.isArray(json)) {
    problems.push({ field: at, message: "must be a list of texts" });
    return [];
  }
  if (json.length > DOCUMENT_LIMITS.readersListLength) {
    problems.push({ field: at, message: `must have at most ${DOCUMENT_LIMITS.readersListLength} items` });
    return [];
  }
  return json.filter((id, index): id is string => {
    const message = idProblem(id);
    if (message !== undefined) problems.push({ field: `${at}[${index}]`, message });
    return message === undefined;
  });
}

/** An id with white space around it, as a header cannot carry it, would be nobody's. */
function idProblem(id: unknown): string | undefined {
  if (typeof id !== "string") return "must be a text";
  if (id === "") return "must not be empty";
  if (id.length > DOCUMENT_LIMITS.readerIdLength)
    return `must have at most ${DOCUMENT_LIMITS.readerIdLength} characters`;
  if (id.trim() !== id) return "must have no white space around it";
  return id.isWellFormed() ? undefined : "must be well-formed Unicode";
}
