import { randomBytes } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { EngineProcess } from "../../adapters/outbound/faiss/engine-process.ts";
import { ServiceError } from "../../domain/errors.ts";
import type { Log } from "../../domain/log.ts";
import { failureOf, unending } from "../contract/corpus-contract-context.ts";
import { chunked } from "../support/chunked.ts";
import { type FaissSetting, type OpenFaiss, openFaiss } from "../support/faiss.ts";
import { FakeEmbedding } from "../support/fakes/fake-embedding.ts";
import { processEnd } from "../support/process-end.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

describe("The engine's process", () => {
  it("answers every search although it is killed in their midst", async () => {
    const opened = await open();
    await putBoats(opened, 0, 40);
    const killed = new Set<number>();
    for (let round = 0; round < 4; round++) {
      const searches = Array.from({ length: 60 }, async (_, index) => {
        const found = await opened.retrieval.retrieve({ query: `boat${index % 40}`, topK: 1 }, unending());
        expect(found.passages[0]?.documentId).toBe(`boat${index % 40}`);
      });
      await turn();
      killed.add(kill(opened));
      await Promise.all(searches);
    }
    expect(killed.size).toBe(4);
    expect(opened.logged.filter(({ message }) => message.includes("engine process died"))).toHaveLength(4);
  });

  it("does a put that was under way when it was killed once, and reports it as done once", async () => {
    const opened = await open();
    await putBoats(opened, 0, 3);
    for (let round = 1; round <= 2; round++) {
      const put = putBoats(opened, round * 100, 20);
      kill(opened);
      expect(await put).toEqual({ added: 20, replaced: 0, unchanged: 0 });
      const removed = opened.corpus.remove([`boat${round * 100}`, `boat${round * 100 + 1}`], unending());
      kill(opened);
      expect(await removed).toBe(2);
    }
    expect(await opened.corpus.describe(unending())).toMatchObject({ documents: 3 + 2 * 18, passages: 3 + 2 * 18 });
  });

  it("gives up a search that it died over twice, says so, and answers the next", async () => {
    const opened = await open();
    await putBoats(opened, 0, 1);
    const { pid: first = 0 } = opened.engine;
    process.kill(first, "SIGSTOP");
    const failure = failureOf(opened.retrieval.retrieve({ query: "boat0", topK: 1 }, unending()));
    await turn();
    process.kill(first, "SIGKILL");
    process.kill(await nextEngine(first), "SIGKILL");
    expect(await failure).toMatchObject({ code: "retrieval-unavailable", retryable: true });
    const found = await opened.retrieval.retrieve({ query: "boat0", topK: 1 }, unending());
    expect(found.passages).toHaveLength(1);
  });

  it("is replaced after its searches without one of them failing", async () => {
    const opened = await open({ options: { retire_after_searches: 25 } });
    await putBoats(opened, 0, 10);
    const pids = new Set<number | undefined>();
    for (let round = 0; round < 30; round++) {
      const words = Array.from({ length: 10 }, (_, index) => `boat${index}`);
      const found = await Promise.all(words.map((query) => opened.retrieval.retrieve({ query, topK: 1 }, unending())));
      expect(found.map(({ passages }) => passages[0]?.documentId)).toEqual(words);
      await putBoats(opened, 1_000 + round, 1);
      expect(await opened.corpus.get(`boat${1_000 + round}`, unending())).toBeDefined();
      pids.add(opened.engine.pid);
    }
    while (pids.size === 1) pids.add(opened.engine.pid) && (await opened.corpus.describe(unending()));
    expect(opened.logged).toEqual([]);
  });

  it("refuses more requests than it lets wait, and answers those that it took", async () => {
    const opened = await open();
    await putBoats(opened, 0, 2);
    const calls = Array.from({ length: 600 }, () =>
      opened.corpus.get("boat1", unending()).then(
        () => "answered",
        (error: unknown) => (error instanceof ServiceError ? error.code : error),
      ),
    );
    const outcomes = await Promise.all(calls);
    expect(outcomes.filter((outcome) => outcome === "answered")).toHaveLength(512);
    expect(outcomes.filter((outcome) => outcome === "overloaded")).toHaveLength(88);
    expect(await opened.corpus.get("boat1", unending())).toBeDefined();
  });

  it("ends with the corpus, after which calls are refused", async () => {
    const opened = await open();
    await putBoats(opened, 0, 1);
    const { pid = 0 } = opened.engine;
    await opened.close();
    await processEnd(pid);
    const failure = await failureOf(opened.retrieval.retrieve({ query: "boat0", topK: 1 }, unending()));
    expect(failure).toMatchObject({ code: "shutting-down" });
    await opened.close();
  });

  it("says why it cannot open a corpus, to every call, and opens it once it can", async () => {
    const directory = `${await temporaryFolder()}/corpus`;
    await writeFile(directory, "a file where the folder should be");
    const opened = await open({ directory });
    expect(await failureOf(opened.corpus.describe(unending()))).toMatchObject({ code: "storage-failed" });
    const search = opened.retrieval.retrieve({ query: "boat", topK: 1 }, unending());
    expect(await failureOf(search)).toMatchObject({ code: "retrieval-unavailable" });
    await rm(directory);
    expect(await opened.corpus.describe(unending())).toMatchObject({ documents: 0 });
  });

  it("logs the folder of a corpus that cannot be opened and SQLite's reason, and tells callers neither", async () => {
    const directory = await temporaryFolder();
    await writeFile(`${directory}/corpus.sqlite`, randomBytes(300_000));
    const opened = await open({ directory });
    const failure = await failureOf(opened.corpus.describe(unending()));
    expect(failure).toMatchObject({ code: "storage-failed", message: expect.not.stringContaining(directory) });
    const line = opened.logged.find(({ message }) => message === "the corpus cannot be opened");
    expect(line).toMatchObject({ level: "error", fields: { directory } });
    expect(line?.fields.error).toMatchObject({
      cause: { message: expect.stringContaining("file is not a database") },
    });
  });

  it("is killed where it hangs, and the next one does what was under way", { timeout: 20_000 }, async () => {
    const warnings: string[] = [];
    const log: Log = { info: () => undefined, warn: (_, message) => warnings.push(message), error: () => undefined };
    const settings = {
      directory: await temporaryFolder(),
      embedder: { kind: "fixed", name: "fake", dimensions: 8 },
      flatBelow: 100,
      retireAfterSearches: 100,
    } as const;
    const engine = new EngineProcess(settings, log, { openingMs: 60_000, answeringMs: 1_000 });
    onTestFinished(() => engine.close());
    await engine.call("describe", null, unending());
    const { pid = 0 } = engine;
    process.kill(pid, "SIGSTOP");
    const impatient = engine.call("describe", null, AbortSignal.timeout(1));
    expect(await failureOf(impatient)).toMatchObject({ code: "timeout" });
    expect(await engine.call("describe", null, unending())).toMatchObject({ documents: 0 });
    await processEnd(pid);
    expect(engine.pid).not.toBe(pid);
    expect(warnings).toEqual(["the engine process hung and was killed; the next request starts another"]);
  });

  it("keeps nothing of the service's environment", async () => {
    const opened = await open();
    await opened.corpus.describe(unending());
    const environment = await readFile(`/proc/${opened.engine.pid}/environ`, "latin1");
    expect(environment).not.toContain("PATH=");
  });
});

async function open(setting: Partial<FaissSetting> = {}): Promise<OpenFaiss> {
  const directory = setting.directory ?? (await temporaryFolder());
  const opened = openFaiss({ embedder: new FakeEmbedding(), ...setting, directory });
  onTestFinished(() => opened.close());
  return opened;
}

function putBoats({ corpus }: OpenFaiss, first: number, count: number) {
  const boats = Array.from({ length: count }, (_, index) => ({
    id: `boat${first + index}`,
    text: `This is boat${first + index}.`,
  }));
  return corpus.put(boats.map(chunked), unending());
}

/** Id of the engine's process that follows the first, as soon as it is there. */
async function nextEngine(first: number): Promise<number> {
  for (;;) {
    const children = await readFile(`/proc/${process.pid}/task/${process.pid}/children`, "utf8");
    for (const pid of children.trim().split(" ").map(Number)) {
      const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      if (pid !== first && command.includes("faiss/engine/main.ts")) return pid;
    }
    await turn();
  }
}

/** Kills the process that answers now. */
function kill({ engine }: OpenFaiss): number {
  if (engine.pid === undefined) throw new Error("There is no process.");
  process.kill(engine.pid, "SIGKILL");
  return engine.pid;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
