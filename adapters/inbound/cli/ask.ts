import { collectAnswer } from "../../../application/answers.ts";
import type { Answer, Citation } from "../../../domain/answer.ts";
import { fromAnswer } from "../representations.ts";
import { chosen } from "./choose.ts";
import { type PrincipalOptions, principalOf } from "./principal.ts";
import { checkPrompt } from "./prompt.ts";
import type { CommandRuntime } from "./runtime.ts";

export interface AskOptions extends PrincipalOptions {
  readonly llm?: string;
  readonly search?: string;
  readonly topK?: number;
  readonly json?: boolean;
}

/** Prints the answer and, below it, what it cites; as JSON what HTTP answers, without a request's id. */
export async function ask(runtime: CommandRuntime, prompt: string, options: AskOptions): Promise<void> {
  await runtime.withServices("configured-data", async ({ adapters, answers, defaults, promptLength }) => {
    checkPrompt(prompt, "prompt", promptLength);
    const model = chosen(options.llm, adapters.models, "model");
    const search = chosen(options.search, adapters.searches, "search");
    const { topK = defaults.topK } = options;
    const asked = { prompt, model, search, topK, maxTokens: defaults.maxTokens, history: [] };
    const question = { ...asked, ...principalOf(options) };
    const answer = await collectAnswer(answers.stream(question, runtime.signal));
    runtime.output.write(options.json ? `${JSON.stringify(fromAnswer(answer, model), null, 2)}\n` : readable(answer));
  });
}

function readable({ text, citations, warnings }: Answer): string {
  const quotes = citations.map((citation) => {
    const { marker, quote, verified } = citation;
    return `[${marker}] ${placeOf(citation)}${verified ? "" : " (not verified)"}\n    “${quote.replaceAll(/\s+/gu, " ")}”`;
  });
  return `${[text, ...new Set(quotes), ...warnings.map((warning) => `! ${warning}`)].join("\n\n")}\n`;
}

/** `Handbook › Signals, page 3 — docs/handbook.pdf`, as far as it is known. */
function placeOf({ title, uri, documentId, location = {} }: Citation): string {
  const names = new Set([...(title === undefined ? [] : [title]), ...(location.section ?? [])]);
  const page = location.page === undefined ? [] : [`page ${location.page}`];
  const inside = [[...names].join(" › "), ...page].filter((part) => part !== "").join(", ");
  return inside === "" ? (uri ?? documentId) : `${inside} — ${uri ?? documentId}`;
}
