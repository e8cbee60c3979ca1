import { ServiceError } from "../../../domain/errors.ts";
import { parseFilter } from "../../../domain/filter.ts";
import type { Selection } from "../../../domain/ports/corpus-port.ts";
import { chosen } from "./choose.ts";
import type { CommandRuntime } from "./runtime.ts";

export interface DeleteOptions {
  readonly corpus?: string;
  readonly filter?: string;
  readonly json?: boolean;
}

/** Removes the documents with these ids, or all that satisfy the filter, and prints how many there were. */
export async function deleteDocuments(
  runtime: CommandRuntime,
  ids: readonly string[],
  options: DeleteOptions,
): Promise<void> {
  const selection = selectionOf(ids, options.filter);
  await runtime.withServices("configured-data", async ({ adapters, documents }) => {
    const corpus = chosen(options.corpus, adapters.corpora, "search that keeps documents");
    const removed = await documents.removeAll(corpus, selection, runtime.signal);
    runtime.output.write(options.json ? `${JSON.stringify({ corpus, removed })}\n` : `${corpus}: ${removed} removed\n`);
  });
}

function selectionOf(ids: readonly string[], filter: string | undefined): Selection {
  if (ids.length > 0 === (filter !== undefined)) {
    throw new ServiceError("invalid-request", "Give either ids of documents or a filter: nothing is removed unnamed.");
  }
  return filter === undefined ? { ids } : { filter: filterOf(filter) };
}

function filterOf(json: string) {
  const { filter, problems } = parseFilter(parsed(json), "filter");
  if (filter !== undefined) return filter;
  const found = problems.map(({ field, message }) => `${field}: ${message}`).join("\n");
  throw new ServiceError("invalid-request", `The filter is invalid.\n${found}`, { problems });
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new ServiceError("invalid-request", "The filter must be valid JSON.");
  }
}
