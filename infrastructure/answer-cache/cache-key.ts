import { createHash } from "node:crypto";
import type { Question } from "../../domain/question.ts";

/** What tells an answer from others. */
export interface CacheKey {
  /** Alike only where the same is asked of the same, on the same one's behalf. */
  readonly exact: string;
  /** Alike also where the prompt is another; undefined where the prompt alone does not say what is asked. */
  readonly scope: string | undefined;
}

/** @param version what the corpus holds now */
export function cacheKeyOf(question: Question, version: string): CacheKey {
  const { prompt, account: _, requestId: __, noStore: ___, ...rest } = question;
  const { history, following = [], images = [], principal } = question;
  const scope = hash([
    version,
    { ...rest, ...(principal === undefined ? {} : { principal: sortedGroups(principal) }) },
  ]);
  const exact = hash([scope, prompt.normalize("NFC").trim()]);
  const isAlone = history.length === 0 && following.length === 0 && images.length === 0;
  return { exact, scope: isAlone ? scope : undefined };
}

function sortedGroups({ userId, groups }: NonNullable<Question["principal"]>) {
  return { userId, groups: [...new Set(groups)].sort() };
}

function hash(content: unknown): string {
  return createHash("sha256").update(canonicalJson(content)).digest("base64url");
}

/** JSON whose objects have their keys in one order, and no undefined ones. */
function canonicalJson(content: unknown): string {
  return JSON.stringify(content, (_, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  );
}
