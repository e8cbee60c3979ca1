import { readdir } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { DocumentReader } from "../../adapters/outbound/documents/document-reader.ts";
import { AnswerQuestion } from "../../application/answer-question.ts";
import { collectAnswer } from "../../application/answers.ts";
import { IngestDocuments } from "../../application/ingest-documents.ts";
import type { RetrievalPort } from "../../domain/ports/retrieval-port.ts";
import type { Prompt } from "../../domain/prompt.ts";
import { fakeAdapters } from "../support/fakes/fake-adapters.ts";
import { FakeCompletion } from "../support/fakes/fake-completion.ts";
import { FakeCorpus } from "../support/fakes/fake-corpus.ts";
import { questionOf } from "../support/passages.ts";
import { wordTokenizer } from "../support/word-tokenizer.ts";

const DIRECTORY = new URL("../fixtures/injections/", import.meta.url).pathname;
const QUESTION = "What does the lamp burn at dusk?";
const never = new AbortController().signal;

/** What may not reach a model from a document, whatever the document says. */
const THROUGH: Readonly<Record<string, (prompt: string) => boolean>> = {
  "an order outside of the quotation": (prompt) => /CANARY/u.test(unquoted(prompt)),
  "text besides blocks and the question": (prompt) => unquoted(prompt).trim() !== QUESTION,
  "a bracket that could open or close a block": (prompt) => /^> .*[<>]/mu.test(prompt),
  "a character that nobody sees": (prompt) =>
    /[\p{Cf}\u{E0000}-\u{E01EF}]|(?![\n\t])\p{Cc}|[\u2028\u2029]/u.test(prompt),
  "an image that would be fetched": (prompt) => /!\s*\[/u.test(prompt),
};

/** What a reader sees who skips quoted lines and the tags of this prompt's own blocks, which no document can know. */
function unquoted(prompt: string): string {
  const nonce = /^code: ([0-9a-f]{8})$/mu.exec(prompt)?.[1] ?? "none";
  const opening = new RegExp(`^<passage-${nonce} n="\\d+"(?: title="[^"<>\\n]*")?>$`, "gmu");
  return prompt
    .replace(/^code: [0-9a-f]{8}\n/u, "")
    .replace(opening, "")
    .replaceAll(new RegExp(`^</passage-${nonce}>$`, "gmu"), "")
    .replaceAll(/^> .*$/gmu, "");
}

/** The prompt that a model gets of a corpus that holds one document only, all of whose passages are found. */
async function promptOf(file: string, question: string): Promise<Prompt> {
  const completion = new FakeCompletion({ deltas: ["The lamp burns oil [1]."] });
  const corpus = new FakeCorpus();
  const retrieval: RetrievalPort = {
    async retrieve(request, signal) {
      const [document] = await corpus.list({ limit: 1 }, signal);
      return corpus.retrieve({ ...request, query: `${document?.title} ${document?.text}` }, signal);
    },
  };
  const adapters = fakeAdapters({ completion, retrieval, corpus });
  const ingestion = new IngestDocuments(adapters, new DocumentReader(), wordTokenizer, {
    targetTokens: 64,
    maxTokens: 128,
  });
  const report = await ingestion.ingest({ corpus: "fake", paths: [`${DIRECTORY}${file}`] }, never);
  expect(report.failed, file).toBe(0);
  const answers = new AnswerQuestion(adapters, wordTokenizer, { sourceTokens: 4_000, abstains: false });
  await collectAnswer(answers.stream(questionOf(question, { topK: 20 }), never));
  return completion.requests[0]!.prompt;
}

describe("documents that give orders", () => {
  it("get nothing through the quarantine of the prompt, which is printed", { timeout: 120_000 }, async () => {
    const files = (await readdir(DIRECTORY)).sort();
    expect(files.length).toBeGreaterThanOrEqual(60);
    const through: string[] = [];
    let carried = 0;
    for (const file of files) {
      const { system, messages, sources } = await promptOf(file, QUESTION);
      const prompt = String(messages.at(-1)?.content);
      expect(sources.length, file).toBeGreaterThan(0);
      expect(system, file).not.toContain("CANARY");
      if (/CANARY/u.test(prompt)) carried += 1;
      for (const [what, isThrough] of Object.entries(THROUGH)) {
        if (isThrough(prompt)) through.push(`${file}: ${what}`);
      }
    }
    process.stdout.write(
      `injections: ${files.length} documents, ${carried} orders carried as quoted data, ${through.length} got through the quarantine\n`,
    );
    expect(through).toEqual([]);
    expect(carried, "the corpus tests something").toBeGreaterThan(files.length / 2);
  });
});
