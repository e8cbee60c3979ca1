import { fork } from "node:child_process";
import { once } from "node:events";
import { readFile, watch } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import type { SourceDocument } from "../../domain/document.ts";
import { chunked } from "../support/chunked.ts";
import { type OpenFaiss, openFaiss } from "../support/faiss.ts";
import { apply, type Change, changes, WORKLOAD_OPTIONS, workloadEmbedder } from "../support/faiss-workload.ts";
import { processEnd } from "../support/process-end.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { randomNumbers } from "../support/vectors.ts";

const INGESTER = fileURLToPath(new URL("../support/faiss-ingester.ts", import.meta.url));
const KILLS = Number(process.env.PHAROS_TEST_KILLS ?? 8);

describe("A process that is killed", () => {
  it(`loses nothing that it acknowledged, and nothing that it deleted comes back, ${KILLS} times over`, {
    timeout: 20_000 + KILLS * 5_000,
  }, async () => {
    const folder = await temporaryFolder();
    const directory = join(folder, "corpus");
    const random = randomNumbers(20261123);
    const documents = new Map<string, SourceDocument>();
    const workload = changes(7);
    for (let kill = 0, done = 0; kill < KILLS; kill++) {
      const journal = join(folder, `journal-${kill}`);
      const run = await ingestUntilKilled(directory, journal, done, 1 + Math.floor(random() * 12));
      for (; done < run.acknowledged; done++) apply(documents, next(workload));
      const begun = run.begun > run.acknowledged ? next(workload) : undefined;
      const mode = kill % 2 === 0 ? "fused" : "dense";
      const opened = openFaiss({ directory, embedder: workloadEmbedder(), options: { ...WORKLOAD_OPTIONS, mode } });
      await expectCorpus(opened, documents, begun);
      await opened.close();
      if (begun === undefined) continue;
      // Whether the last change was done or not, it is done now.
      const again = openFaiss({ directory, embedder: workloadEmbedder(), options: WORKLOAD_OPTIONS });
      await make(again, begun);
      await again.close();
      apply(documents, begun);
      done += 1;
    }
  });
});

function next(workload: Generator<Change>): Change {
  return workload.next().value;
}

/** Lets a process change the corpus, kills it at some moment after so many changes, and waits until its engine has ended by itself. */
async function ingestUntilKilled(directory: string, journal: string, done: number, changesBeforeKill: number) {
  const ingester = fork(INGESTER, [directory, journal, "7", String(done)], { execArgv: [], stdio: "ignore" });
  const ended = once(ingester, "exit");
  onTestFinished(() => void ingester.kill("SIGKILL"));
  await grown(journal, "begun", changesBeforeKill);
  process.kill(ingester.pid ?? 0, "SIGKILL");
  await ended;
  const lines = (await readFile(journal, "utf8")).trim().split("\n");
  const engine = Number(lines[0]?.split(" ")[1]);
  await processEnd(engine);
  const count = (kind: string) => done + lines.filter((line) => line.startsWith(kind)).length;
  return { begun: count("begun"), acknowledged: count("acknowledged") };
}

/** Resolves once the file has so many lines of the kind. */
async function grown(journal: string, kind: string, count: number): Promise<void> {
  const stop = new AbortController();
  try {
    for (const watcher = watch(join(journal, ".."), { signal: stop.signal }); ; ) {
      const lines = (await readFile(journal, "utf8").catch(() => ""))
        .split("\n")
        .filter((line) => line.startsWith(kind));
      if (lines.length >= count) return;
      await watcher[Symbol.asyncIterator]().next();
    }
  } finally {
    stop.abort();
  }
}

async function make({ corpus }: OpenFaiss, change: Change): Promise<void> {
  if ("remove" in change) await corpus.remove(change.remove, unending());
  else await corpus.put(change.put.map(chunked), unending());
}

/** The corpus holds exactly these documents, or these after the change that was begun; record and search agree. */
async function expectCorpus(
  { corpus, retrieval }: OpenFaiss,
  documents: ReadonlyMap<string, SourceDocument>,
  begun: Change | undefined,
) {
  const after = new Map(documents);
  if (begun !== undefined) apply(after, begun);
  const ids = [...new Set([...documents.keys(), ...after.keys()])];
  const there = new Map<string, SourceDocument>();
  for (const id of ids) {
    const document = await corpus.get(id, unending());
    if (document !== undefined) there.set(id, document);
  }
  const held = [documents, after].find((state) => JSON.stringify(sorted(state)) === JSON.stringify(sorted(there)));
  expect(held, "neither all of the last change nor nothing of it").toBeDefined();
  const passages = [...there.values()].flatMap((document) => chunked(document).chunks.map(({ text }) => text));
  expect(await corpus.describe(unending())).toMatchObject({ documents: there.size, passages: passages.length });
  for (const text of passages) {
    const found = await retrieval.retrieve({ query: text, topK: 1 }, unending());
    expect(found.passages[0]?.text).toBe(text);
  }
  const all = await retrieval.retrieve({ query: "paragraph", topK: 100 }, unending());
  expect(all.passages.map(({ text }) => text).toSorted()).toEqual(passages.toSorted().slice(0, 100));
}

function sorted(documents: ReadonlyMap<string, SourceDocument>): readonly unknown[] {
  return [...documents].toSorted(([one], [other]) => (one < other ? -1 : 1));
}

function unending(): AbortSignal {
  return new AbortController().signal;
}
