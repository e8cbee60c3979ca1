import { mkdirSync } from "node:fs";
import { type Batch, CONTENDERS, type Contender } from "./contender.ts";
import { DataSet } from "./data-set.ts";
import type { Built, Command, Commands, Grown, ToContender } from "./protocol.ts";
import { measureSlice } from "./slice.ts";

/** As many as an ingest of Pharos has: one is made ready, one analysed, one written, and one waits its turn. */
const BATCHES_UNDER_WAY = 4;

/** A process of its own for each contender, so that its memory and its event loop are its own. One command at a time. */
type Handlers = { [Name in Command]: (request: Commands[Name]["request"]) => Promise<Commands[Name]["reply"]> };

/** Passages that were added. */
let built = 0;

const opened = Promise.withResolvers<{ readonly contender: Contender; readonly dataSet: DataSet }>();

const handlers: Handlers = {
  open: async ({ contender: name, dataSet: path, directory }) => {
    const dataSet = DataSet.open(path);
    const open = CONTENDERS[name];
    if (open === undefined) throw new Error(`There is no contender ${name}.`);
    mkdirSync(directory, { recursive: true });
    opened.resolve({ contender: await open({ ...dataSet.head, ...dataSet, directory }), dataSet });
    return null;
  },
  build: async (request) => build(request),
  grow: async (request) => grow(request),
  slice: async ({ callers, durationMs, topK }) => {
    const { contender, dataSet } = await opened.promise;
    const until = performance.now() + durationMs;
    return measureSlice(contender, dataSet.queries, { callers, topK, goesOn: () => performance.now() < until });
  },
  answers: async ({ topK }) => {
    const { contender, dataSet } = await opened.promise;
    const answers: (readonly number[])[] = [];
    for (const query of dataSet.queries) answers.push(await contender.search(query, topK));
    return answers;
  },
  searches: async (request) => search(request),
  close: async () => {
    await (await opened.promise).contender.close?.();
    return null;
  },
};

async function build({ documentsPerBatch, saves, passages }: Commands["build"]["request"]): Promise<Built> {
  const { contender, dataSet } = await opened.promise;
  const perBatch = documentsPerBatch * dataSet.head.passagesPerDocument;
  built = passages ?? dataSet.size;
  const batches = dataSet.batches(perBatch, contender.takesLists, 0, built);
  if (contender.isDurable) {
    // Reading is timed for nobody, and there is no pause to read in, in which work in the background would go on untimed.
    const read = [...batches];
    const durableMs = await timed(() => addStream(contender, read));
    return { durableMs, buildMs: durableMs + (await timed(async () => contender.settle?.())) };
  }
  const count = Math.ceil(built / perBatch);
  const saveEvery = Math.max(1, Math.floor(count / saves));
  let [inMemoryMs, saveMs, saved, batchNumber] = [0, 0, 0, 0];
  for (const batch of batches) {
    inMemoryMs += await timed(() => contender.add(batch));
    if (contender.save === undefined || batchNumber++ % saveEvery !== saveEvery >> 1) continue;
    saveMs += await timed(async () => contender.save?.());
    saved += 1;
  }
  // A save's cost grows evenly with what there is: the mean of some, evenly spread, is the mean of all.
  const durable = saved === 0 ? {} : { durableMs: inMemoryMs + (saveMs / saved) * count };
  return { inMemoryMs, ...durable, buildMs: inMemoryMs };
}

async function grow({ documentsPerBatch, topK }: Commands["grow"]["request"]): Promise<Grown> {
  const { contender, dataSet } = await opened.promise;
  const perBatch = documentsPerBatch * dataSet.head.passagesPerDocument;
  const batches = [...dataSet.batches(perBatch, contender.takesLists, built)];
  let isGrowing = true;
  const searches = measureSlice(contender, dataSet.queries, { callers: 1, topK, goesOn: () => isGrowing });
  const ms = await timed(() => addStream(contender, batches));
  isGrowing = false;
  const passages = dataSet.size - built;
  built = dataSet.size;
  return { passages, ms, searches: await searches };
}

/** Adds without pauses, as an ingest does. */
async function addStream(contender: Contender, batches: readonly Batch[]): Promise<void> {
  const underWay: Promise<void>[] = [];
  for (const batch of batches) {
    underWay.push(contender.add(batch));
    if (underWay.length === BATCHES_UNDER_WAY) await underWay.shift();
  }
  await Promise.all(underWay);
}

async function search({ count, callers, topK }: Commands["searches"]["request"]): Promise<null> {
  const { contender, dataSet } = await opened.promise;
  let next = 0;
  const call = async () => {
    while (next < count) await contender.search(dataSet.queries[next++ % dataSet.queries.length]!, topK);
  };
  await Promise.all(Array.from({ length: callers }, call));
  return null;
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

process.on("disconnect", () => process.exit(0));
process.on("message", async ({ command, request }: ToContender) => {
  try {
    const handler = handlers[command] as (request: unknown) => Promise<unknown>;
    process.send?.({ value: await handler(request) });
  } catch (error) {
    process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});
