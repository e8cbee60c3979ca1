import { Command, InvalidArgumentError } from "commander";
import { ask } from "./ask.ts";
import { evaluate } from "./evaluate.ts";
import { ingest } from "./ingest.ts";
import type { CommandRuntime } from "./runtime.ts";
import { search } from "./search.ts";
import { createSnapshot, restoreSnapshot, verifySnapshot } from "./snapshot.ts";

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
    .description("read files and folders (Markdown, text, HTML, PDF, JSONL) into a corpus")
    .argument("<path...>", "files and folders")
    .option("--corpus <name>", "search that keeps the documents (default: the first that can)")
    .option("--json", "print the report as JSON")
    .action((paths: string[], options: { corpus?: string; json?: boolean }) => ingest(runtime, paths, options));

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

  addSnapshotCommands(program, runtime);
  return program;
}

function addSnapshotCommands(program: Command, runtime: CommandRuntime): void {
  const snapshot = program.command("snapshot").description("make, check and restore whole copies of a corpus");

  snapshot
    .command("create")
    .description("write a corpus into a new directory, wholly or not at all")
    .argument("<dir>", "directory that is not there yet")
    .option("--corpus <name>", "search that keeps the documents (default: the first that can)")
    .option("--json", "print what the snapshot holds as JSON")
    .action((directory: string, options: { corpus?: string; json?: boolean }) =>
      createSnapshot(runtime, directory, options),
    );

  snapshot
    .command("verify")
    .description("check a snapshot, and print all that is wrong with it")
    .argument("<dir>", "directory of the snapshot")
    .option("--json", "print the outcome as JSON")
    .action((directory: string, options: { json?: boolean }) => verifySnapshot(runtime, directory, options));

  snapshot
    .command("restore")
    .description("replace all that a corpus holds by what a snapshot holds, while services go on")
    .argument("<dir>", "directory of the snapshot")
    .option("--corpus <name>", "search that keeps the documents (default: the first that can)")
    .option("--json", "print what the snapshot holds as JSON")
    .action((directory: string, options: { corpus?: string; json?: boolean }) =>
      restoreSnapshot(runtime, directory, options),
    );
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 100)
    throw new InvalidArgumentError("A whole number from 1 to 100.");
  return value;
}
