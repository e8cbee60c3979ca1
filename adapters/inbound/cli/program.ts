import { Command, InvalidArgumentError } from "commander";
import { ask } from "./ask.ts";
import { evaluate } from "./evaluate.ts";
import { FIELD_PARTS, withField } from "./field-option.ts";
import { type IngestOptions, ingest } from "./ingest.ts";
import type { CommandRuntime } from "./runtime.ts";
import { search } from "./search.ts";

/** The commands of `pharos`; parsing throws commander's own errors for wrong usage, and ServiceError from the work. */
export function createProgram(runtime: CommandRuntime): Command {
  const program = new Command("pharos")
    .description("Answers a prompt from your own documents, with any LLM and any search engine.")
    .version(runtime.version);

  program
    .command("serve")
    .description("serve HTTP until told to stop")
    .action(() => runtime.serve());

  program
    .command("ingest")
    .description("read files and folders (Markdown, text, HTML, PDF, DOCX, code, CSV, JSONL) into a corpus")
    .argument("<path...>", "files and folders")
    .option("--corpus <name>", "search that keeps the documents (default: the first that can)")
    .option(
      "--field <part=name>",
      `of CSV and JSONL: the field that is the ${FIELD_PARTS.join(", ")}; again for more, text and metadata may have several`,
      withField,
    )
    .option("--json", "print the report as JSON")
    .action((paths: string[], options: IngestOptions) => ingest(runtime, paths, options));

  program
    .command("ask")
    .description("answer a prompt from the documents")
    .argument("<prompt>")
    .option("--llm <name>", "model that answers (default: the first of the config)")
    .option("--search <name>", "search that finds (default: the first of the config)")
    .option("--top-k <number>", "passages to answer from", positiveInteger)
    .option("--json", "print the answer as JSON")
    .action((prompt: string, options: { llm?: string; search?: string; topK?: number; json?: boolean }) =>
      ask(runtime, prompt, options),
    );

  program
    .command("search")
    .description("find passages without answering")
    .argument("<query>")
    .option("--search <name>", "search that finds (default: the first of the config)")
    .option("--top-k <number>", "passages to find", positiveInteger)
    .option("--json", "print the passages as JSON")
    .action((query: string, options: { search?: string; topK?: number; json?: boolean }) =>
      search(runtime, query, options),
    );

  program
    .command("eval")
    .description("measure a search on a judged collection (BEIR layout: corpus.jsonl, queries.jsonl, qrels.tsv)")
    .requiredOption("--collection <folder>", "folder of the collection")
    .option("--search <name>", "search to measure (default: the first of the config that keeps documents)")
    .option("--json", "print the measures as JSON")
    .action((options: { collection: string; search?: string; json?: boolean }) => evaluate(runtime, options));

  return program;
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 100)
    throw new InvalidArgumentError("A whole number from 1 to 100.");
  return value;
}
