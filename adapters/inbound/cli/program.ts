import { Command, InvalidArgumentError } from "commander";
import { type AskOptions, ask } from "./ask.ts";
import { type DeleteOptions, deleteDocuments } from "./delete.ts";
import { type EvaluateOptions, evaluate } from "./evaluate.ts";
import { FIELD_PARTS, withField } from "./field-option.ts";
import { type IngestOptions, ingest } from "./ingest.ts";
import { type CreateKeyOptions, createKey } from "./keys.ts";
import { listVersions, type PublishOptions, publishSnapshot } from "./published-snapshots.ts";
import { askedRankings } from "./rankings.ts";
import type { CommandRuntime } from "./runtime.ts";
import { type SearchOptions, search } from "./search.ts";
import { createSnapshot, restoreSnapshot, verifySnapshot } from "./snapshot.ts";
import { type SyncOptions, sync } from "./sync.ts";
import { type TuneOptions, tune } from "./tune.ts";

/** The commands of `pharos`; parsing throws commander's own errors for wrong usage, and ServiceError from the work. */
export function createProgram(runtime: CommandRuntime): Command {
  const program = new Command("pharos")
    .description("Answers a prompt from your own documents, with any LLM and any search engine.")
    .version(runtime.version)
    // Behind a command an option is the command's: `snapshot publish` has a --version of its own.
    .enablePositionalOptions();

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
    .command("sync")
    .description("make a corpus hold what folders hold: adds, replaces and removes what was read from them")
    .argument("<folder...>", "folders, or single files")
    .option("--corpus <name>", "search that keeps the documents (default: the first that can)")
    .option("--dry-run", "print what would be done, and do nothing")
    .option("--allow-empty", "remove all documents of a folder that is not there or holds none any more")
    .option("--json", "print the report as JSON")
    .action((paths: string[], options: SyncOptions) => sync(runtime, paths, options));

  program
    .command("delete")
    .description("remove documents from a corpus, by their ids or by a filter over their metadata")
    .argument("[id...]", "ids of documents")
    .option("--filter <json>", "remove all documents that satisfy it, as POST /search has it")
    .option("--corpus <name>", "search that keeps the documents (default: the first that can)")
    .option("--json", "print the count as JSON")
    .action((ids: string[], options: DeleteOptions) => deleteDocuments(runtime, ids, options));

  program
    .command("ask")
    .description("answer a prompt from the documents")
    .argument("<prompt>")
    .option("--llm <name>", "model that answers (default: the first of the config)")
    .option("--search <name>", "search that finds (default: the first of the config)")
    .option("--top-k <number>", "passages to answer from", positiveInteger)
    .option("--user <id>", "ask as this user (default: as nobody known)")
    .option("--group <id>", "ask as a member of this group; may be given several times", oneMore)
    .option("--json", "print the answer as JSON")
    .action((prompt: string, options: AskOptions) => ask(runtime, prompt, options));

  program
    .command("search")
    .description("find passages without answering")
    .argument("<query>")
    .option("--search <name>", "search that finds (default: the first of the config)")
    .option("--top-k <number>", "passages to find", positiveInteger)
    .option("--user <id>", "ask as this user (default: as nobody known)")
    .option("--group <id>", "ask as a member of this group; may be given several times", oneMore)
    .option("--json", "print the passages as JSON")
    .action((query: string, options: SearchOptions) => search(runtime, query, options));

  program
    .command("eval")
    .description("measure a search on a judged collection (BEIR layout: corpus.jsonl, queries.jsonl, qrels.tsv)")
    .requiredOption("--collection <folder>", "folder of the collection")
    .option(
      "--search <name>",
      "search to measure (default: the first of the config that keeps documents); given several times, they are compared",
      (name: string, names: readonly string[] = []) => [...names, name],
    )
    .option("--compare [rankings]", "compare rankings: dense,sparse,fused,fused:0.2,... (default: a choice of them)")
    .option("--markdown", "print the comparison as a Markdown table")
    .option("--json", "print the measures as JSON")
    .action((options: Omit<EvaluateOptions, "compare"> & { compare?: string | true }) =>
      evaluate(runtime, { ...options, compare: askedRankings(options.compare) }),
    );

  program
    .command("tune")
    .description("choose the ranking of a corpus by measurement, and keep it in the corpus")
    .option("--corpus <name>", "search whose corpus is tuned (default: the first that keeps documents)")
    .option("--queries <file>", "judged queries, JSONL with _id and text (default: made of titles and headings)")
    .option("--qrels <file>", "judgements, TSV: query id, id of a document of the corpus, gain")
    .option("--dry-run", "change nothing")
    .option("--json", "print the measures and the choice as JSON")
    .action((options: TuneOptions) => tune(runtime, options));

  addSnapshotCommands(program, runtime);
  addKeyCommands(program, runtime);
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

  snapshot
    .command("publish")
    .description("put a snapshot where services follow it, and have them serve it")
    .argument("<url>", "s3://bucket/prefix, or file:///folder")
    .option("--corpus <name>", "search whose documents are published (default: the first that can)")
    .option("--from <dir>", "publish this snapshot (default: one that is made now)")
    .option("--version <id>", "have services serve a version again that is there already, and put nothing")
    .option("--json", "print the version as JSON")
    .action((url: string, options: PublishOptions) => publishSnapshot(runtime, url, options));

  snapshot
    .command("list")
    .description("print the versions that were published, oldest first")
    .argument("<url>", "s3://bucket/prefix, or file:///folder")
    .option("--json", "print them as JSON")
    .action((url: string, options: { json?: boolean }) => listVersions(runtime, url, options));
}

function addKeyCommands(program: Command, runtime: CommandRuntime): void {
  program
    .command("keys")
    .description("make keys for callers of the service")
    .command("create")
    .description("print a new key once, and the lines for pharos.yaml that hold its hash")
    .requiredOption("--name <name>", "name under which the key's use is told")
    .requiredOption("--scopes <list>", "what it may be used for: ask, search, write, admin; separated by commas")
    .option("--expires <day>", "day (2027-01-31, UTC) or moment from which it is valid no more (default: never)")
    .option("--json", "print the key and its entry as JSON")
    .action((options: CreateKeyOptions) => createKey(runtime, options));
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 100)
    throw new InvalidArgumentError("A whole number from 1 to 100.");
  return value;
}

function oneMore(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}
