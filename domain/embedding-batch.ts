import { type Problem, ServiceError } from "./errors.ts";

/**
 * Refuses what no embedder takes: no text, more than maxBatch, an empty one.
 * @param problemOf what else is wrong with one text, as a message; undefined where nothing is
 * @throws ServiceError invalid-request with every problem
 */
export function refuseBadBatch(
  texts: readonly string[],
  maxBatch: number,
  problemOf: (text: string) => string | undefined = () => undefined,
): void {
  const problems: Problem[] = [];
  if (texts.length < 1 || texts.length > maxBatch) {
    problems.push({ field: "texts", message: `must hold 1 to ${maxBatch} texts, not ${texts.length}` });
  }
  for (const [index, text] of texts.entries()) {
    const message = text === "" ? "must not be empty" : problemOf(text);
    if (message !== undefined) problems.push({ field: `texts[${index}]`, message });
  }
  if (problems.length > 0) {
    const [first] = problems.map(({ field, message }) => `${field} ${message}`);
    const more = problems.length === 1 ? "" : `, and ${problems.length - 1} more`;
    throw new ServiceError("invalid-request", `These texts cannot be embedded: ${first}${more}.`, { problems });
  }
}
