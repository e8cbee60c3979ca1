import type { Passage } from "../../../domain/passage.ts";
import { chosen } from "./choose.ts";
import type { CommandRuntime } from "./runtime.ts";

export interface SearchOptions {
  readonly search?: string;
  readonly topK?: number;
  readonly json?: boolean;
}

/** Prints the passages, best first. */
export async function search(runtime: CommandRuntime, query: string, options: SearchOptions): Promise<void> {
  await runtime.withServices("configured-data", async ({ adapters, searchPassages, defaults }) => {
    const name = chosen(options.search, adapters.searches, "search");
    const { passages, warnings } = await searchPassages.search(
      name,
      { query, topK: options.topK ?? defaults.topK },
      runtime.signal,
    );
    if (options.json) runtime.output.write(`${JSON.stringify({ passages, warnings }, null, 2)}\n`);
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
