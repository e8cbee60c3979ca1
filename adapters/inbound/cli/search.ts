import type { Passage } from "../../../domain/passage.ts";
import { fromRetrieval } from "../representations.ts";
import { chosen } from "./choose.ts";
import { type PrincipalOptions, principalOf } from "./principal.ts";
import { checkPrompt } from "./prompt.ts";
import type { CommandRuntime } from "./runtime.ts";

export interface SearchOptions extends PrincipalOptions {
  readonly search?: string;
  readonly topK?: number;
  readonly json?: boolean;
}

/** Prints the passages, best first; as JSON what HTTP answers, without a request's id. */
export async function search(runtime: CommandRuntime, query: string, options: SearchOptions): Promise<void> {
  await runtime.withServices("configured-data", async ({ adapters, searchPassages, defaults, promptLength }) => {
    checkPrompt(query, "query", promptLength);
    const name = chosen(options.search, adapters.searches, "search");
    const { topK = defaults.topK } = options;
    const started = performance.now();
    const request = { query, topK, ...principalOf(options) };
    const found = await searchPassages.search(name, request, runtime.signal);
    const totalMs = performance.now() - started;
    const { passages } = found;
    if (options.json) runtime.output.write(`${JSON.stringify(fromRetrieval(found, totalMs), null, 2)}\n`);
    else
      runtime.output.write(
        passages.length === 0 ? "No passage matches.\n" : `${passages.map(readable).join("\n\n")}\n`,
      );
  });
}

function readable({ score, title, location, uri, documentId, text }: Passage, index: number): string {
  const place = [title, ...(location?.section ?? [])].filter((part) => part !== undefined).join(" › ");
  const page = location?.page === undefined ? "" : `, page ${location.page}`;
  return `${index + 1}. ${score.toFixed(3)}  ${place}${page}\n   ${uri ?? documentId}\n   ${text.replaceAll(/\s+/gu, " ")}`;
}
