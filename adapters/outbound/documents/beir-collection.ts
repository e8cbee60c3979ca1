import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { abortError, ServiceError } from "../../../domain/errors.ts";
import { decodeText } from "./decode-text.ts";
import { UnreadableError } from "./file-content.ts";
import { linesOf } from "./file-lines.ts";
import { isSystemError } from "./file-tree.ts";

/** Queries and what is known to answer them. */
export interface JudgedQueries {
  /** In the file's order. */
  readonly queries: readonly { readonly id: string; readonly text: string }[];
  /** Gains by document id, by query id; above 0 is relevant. */
  readonly judgements: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** A test collection in BEIR's layout (https://github.com/beir-cellar/beir/wiki/Load-your-custom-dataset). */
export interface BeirCollection extends JudgedQueries {
  /** The `corpus.jsonl`, which the document reader reads. */
  readonly corpusPath: string;
}

const MAX_LINE_BYTES = 1_048_576;
const QRELS_PATHS = ["qrels.tsv", join("qrels", "test.tsv")];

/**
 * Reads `queries.jsonl` (`_id`, `text`) and `qrels.tsv`, or `qrels/test.tsv` (query id, document id, score; with or without a
 * header) of a folder that also holds `corpus.jsonl`.
 * @throws ServiceError not-found (a file that is missing), invalid-request (a line that is broken), timeout, cancelled
 */
export async function readCollection(directory: string, signal: AbortSignal): Promise<BeirCollection> {
  const corpusPath = await existing(directory, ["corpus.jsonl"]);
  const queriesPath = await existing(directory, ["queries.jsonl"]);
  const qrelsPath = await existing(directory, QRELS_PATHS);
  return { corpusPath, ...(await readJudgedQueries(queriesPath, qrelsPath, signal)) };
}

/** Reads queries and judgements as `readCollection` does. @throws ServiceError as it does */
export async function readJudgedQueries(
  queriesPath: string,
  qrelsPath: string,
  signal: AbortSignal,
): Promise<JudgedQueries> {
  const queries: { id: string; text: string }[] = [];
  for await (const { number, line } of textLines(queriesPath, signal)) {
    queries.push(queryOf(line) ?? broken(queriesPath, number, "must be an object with the texts `_id` and `text`"));
  }
  const judgements = new Map<string, Map<string, number>>();
  for await (const { number, line } of textLines(qrelsPath, signal)) {
    const [query = "", document = "", score = ""] = line.split("\t").map((field) => field.trim());
    const gain = score === "" ? Number.NaN : Number(score);
    if (Number.isNaN(gain) && number === 1) continue;
    if (Number.isNaN(gain))
      broken(qrelsPath, number, "must hold a query id, a document id and a number, parted by tabs");
    const known = judgements.get(query) ?? new Map<string, number>();
    judgements.set(query, known.set(document, gain));
  }
  return { queries, judgements };
}

async function existing(directory: string, names: readonly string[]): Promise<string> {
  for (const name of names) {
    const path = join(directory, name);
    try {
      if ((await stat(path)).isFile()) return path;
    } catch (error) {
      if (!isSystemError(error)) throw error;
    }
  }
  throw new ServiceError("not-found", `The collection ${directory} has no ${names.join(" or ")}.`);
}

async function* textLines(path: string, signal: AbortSignal): AsyncGenerator<{ number: number; line: string }> {
  try {
    for await (const { number, bytes } of linesOf(createReadStream(path, { signal }), MAX_LINE_BYTES)) {
      const line = bytes === undefined ? broken(path, number, "is too long") : decodeText(bytes);
      if (line.trim() !== "") yield { number, line };
    }
  } catch (error) {
    if (signal.aborted) throw abortError(signal);
    if (!(error instanceof UnreadableError)) throw error;
    throw new ServiceError("invalid-request", `${path} cannot be read: ${error.message}`, { cause: error });
  }
}

function queryOf(line: string): { id: string; text: string } | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null || !("_id" in value) || !("text" in value)) return undefined;
    const { _id: id, text } = value;
    return typeof id === "string" && typeof text === "string" && text.trim() !== "" ? { id, text } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function broken(path: string, line: number, what: string): never {
  throw new ServiceError("invalid-request", `Line ${line} of ${path} ${what}.`);
}
