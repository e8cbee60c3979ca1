import { describe, expect, it, onTestFinished } from "vitest";
import { ServiceError } from "../../domain/errors.ts";
import type { LearnedEmbeddingPort } from "../../domain/ports/embedding-port.ts";
import { failureOf, find, put, unending } from "../contract/corpus-contract-context.ts";
import { inOneChunk } from "../support/chunked.ts";
import { type OpenFaiss, openFaiss } from "../support/faiss.ts";
import { FakeEmbedding } from "../support/fakes/fake-embedding.ts";
import { FakeLearnedEmbedding } from "../support/fakes/fake-learned-embedding.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const NO_VECTORS = "The passages have no vectors yet: they were found by their words only.";

describe("A corpus with a learned embedder", () => {
  it("finds by words at once, and by vectors once it has settled", async () => {
    const opened = open({ directory: await temporaryFolder(), options: { mode: "dense" } });
    await putBoats(opened, 0, 30);
    const before = await search(opened, "this is boat3");
    expect(before.passages[0]?.documentId).toBe("boat3");
    expect(before.warnings).toEqual([NO_VECTORS]);
    expect(before.embedMs).toBe(0);
    expect(await opened.corpus.describe(unending())).not.toHaveProperty("embedder");
    await opened.corpus.settle(unending());
    const after = await search(opened, "this is boat3");
    expect(after.passages[0]?.documentId).toBe("boat3");
    expect(after.warnings).toEqual([]);
    expect(after.embedMs).toBeGreaterThan(0);
    expect(await opened.corpus.describe(unending())).toMatchObject({
      embedder: { name: "fake/learned", dimensions: 1_024 },
    });
  });

  it("learns by itself once the puts have come to rest", async () => {
    const opened = open({ directory: await temporaryFolder() });
    await putBoats(opened, 0, 10);
    while ((await opened.corpus.describe(unending())).embedder === undefined) await turn();
    expect(opened.embedder.samples).toHaveLength(1);
  });

  it("learns from the whole at once where it is told to wait until it is asked to settle", async () => {
    const patient = open({ directory: await temporaryFolder(), learnsUnasked: false });
    const eager = open({ directory: await temporaryFolder() });
    for (const opened of [patient, eager]) await putBoats(opened, 0, 10);
    while ((await eager.corpus.describe(unending())).embedder === undefined) await turn();
    await putBoats(patient, 10, 2);
    expect(patient.embedder.samples).toEqual([]);
    await patient.corpus.settle(unending());
    expect(patient.embedder.samples.map((sample) => sample.length)).toEqual([12]);
  });

  it("folds few new passages into the space, and learns another one when they are many", async () => {
    const opened = open({ directory: await temporaryFolder(), options: { mode: "dense" } });
    await putBoats(opened, 0, 20);
    await opened.corpus.settle(unending());
    await putBoats(opened, 20, 4);
    expect((await search(opened, "this is a fleet")).passages).toHaveLength(24);
    await opened.corpus.settle(unending());
    expect(opened.embedder.samples).toHaveLength(1);
    await putBoats(opened, 24, 1);
    await opened.corpus.settle(unending());
    expect(opened.embedder.samples).toHaveLength(2);
    expect((await search(opened, "this is boat24")).passages[0]?.documentId).toBe("boat24");
    expect((await search(opened, "this is a fleet")).passages).toHaveLength(25);
  });

  it("learns anew where few newcomers speak of something else, also after a restart, but not where they speak of the same", async () => {
    const directory = await temporaryFolder();
    const opened = open({ directory });
    await putTexts(opened, "boat", 250, "A boat of the fleet sails from the harbour to the island.");
    await opened.corpus.settle(unending());
    await putTexts(opened, "ferry", 40, "The fleet sails to the harbour of the island.");
    await opened.corpus.settle(unending());
    await opened.close();
    const restarted = open({ directory });
    await restarted.corpus.settle(unending());
    expect([opened.embedder, restarted.embedder].map(({ samples }) => samples.length)).toEqual([1, 0]);
    await putTexts(restarted, "star", 9, "Astronomers measure galaxies, nebulae, quasars and their redshifts nightly.");
    await restarted.corpus.settle(unending());
    expect(restarted.embedder.samples.map((sample) => sample.length)).toEqual([3]);
  });

  it("learns anew where its passages were replaced although their number stays", async () => {
    const opened = open({ directory: await temporaryFolder() });
    await putBoats(opened, 0, 20);
    await opened.corpus.settle(unending());
    await opened.corpus.remove(
      Array.from({ length: 20 }, (_, index) => `boat${index}`),
      unending(),
    );
    await putBoats(opened, 100, 20);
    await opened.corpus.settle(unending());
    expect(opened.embedder.samples).toHaveLength(2);
  });

  it("learns from the same sample whatever the order of the puts, and from no more than the embedder takes", async () => {
    const samples = [];
    for (const order of [1, -1]) {
      const embedder = new FakeLearnedEmbedding({ maxSample: 12 });
      const opened = open({ directory: await temporaryFolder(), embedder });
      const numbers = Array.from({ length: 30 }, (_, index) => index * order + (order < 0 ? 29 : 0));
      for (const number of numbers) await putBoats(opened, number, 1);
      await opened.corpus.settle(unending());
      samples.push(...embedder.samples);
    }
    expect(samples).toHaveLength(2);
    expect(samples[0]).toHaveLength(12);
    expect(samples[1]).toEqual(samples[0]);
  });

  it("searches the old space while the new one is made", async () => {
    const embedder = new FakeLearnedEmbedding();
    const opened = open({ directory: await temporaryFolder(), embedder, options: { mode: "dense" } });
    await putBoats(opened, 0, 20);
    await opened.corpus.settle(unending());
    const { fit } = embedder;
    const reached = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    embedder.fit = async (sample, signal) => {
      reached.resolve();
      await released.promise;
      return fit.call(embedder, sample, signal);
    };
    await putBoats(opened, 20, 30);
    const settled = opened.corpus.settle(unending());
    await reached.promise;
    const during = await search(opened, "this is boat3");
    expect(during.warnings).toEqual([]);
    expect(during.passages[0]?.documentId).toBe("boat3");
    released.resolve();
    await settled;
    expect((await search(opened, "this is boat40")).passages[0]?.documentId).toBe("boat40");
  });

  it("stops learning when it is closed, and learns when it is opened again", async () => {
    const directory = await temporaryFolder();
    const stuck = new FakeLearnedEmbedding();
    const reached = Promise.withResolvers<void>();
    stuck.fit = (_, signal) =>
      new Promise((_resolve, reject) => {
        reached.resolve();
        signal.addEventListener("abort", () => reject(new ServiceError("cancelled", "Stopped.")), { once: true });
      });
    const first = open({ directory, embedder: stuck });
    await putBoats(first, 0, 10);
    const settled = failureOf(first.corpus.settle(unending()));
    await reached.promise;
    await first.close();
    expect(["cancelled", "shutting-down"]).toContain((await settled).code);
    const again = open({ directory, options: { mode: "dense" } });
    await again.corpus.settle(unending());
    expect((await search(again, "this is boat3")).warnings).toEqual([]);
  });

  it("leaves the learning to others where whoever settles goes away", async () => {
    const opened = open({ directory: await temporaryFolder() });
    await putBoats(opened, 0, 10);
    const controller = new AbortController();
    const settled = failureOf(opened.corpus.settle(controller.signal));
    controller.abort();
    expect((await settled).code).toBe("cancelled");
    await opened.corpus.settle(unending());
    expect(opened.embedder.samples).toHaveLength(1);
  });

  it("says what went wrong with learning to whoever settles, goes on finding by words, and tries again", async () => {
    const opened = open({ directory: await temporaryFolder() });
    await putBoats(opened, 0, 10);
    opened.embedder.failNext(new ServiceError("storage-failed", "The fit failed.", { retryable: true }));
    expect(await failureOf(opened.corpus.settle(unending()))).toMatchObject({ code: "storage-failed" });
    expect(await find(opened, "boat3")).toHaveLength(1);
    await opened.corpus.settle(unending());
    expect(await opened.corpus.describe(unending())).toMatchObject({ embedder: { dimensions: 1_024 } });
  });

  it("keeps a model of several megabytes in the record, and opens it in the next process", async () => {
    const directory = await temporaryFolder();
    const first = open({ directory, embedder: padded() });
    await putBoats(first, 0, 10);
    await first.corpus.settle(unending());
    await first.close();
    const embedder = padded();
    const again = open({ directory, embedder, options: { mode: "dense" } });
    expect((await search(again, "this is boat3")).passages[0]?.documentId).toBe("boat3");
    expect(embedder.samples).toEqual([]);
  });

  it("derives the vectors anew where the embedder learns otherwise now", async () => {
    const directory = await temporaryFolder();
    const first = open({ directory });
    await putBoats(first, 0, 10);
    await first.corpus.settle(unending());
    await first.close();
    const embedder = new FakeLearnedEmbedding({ name: "fake/learned/2" });
    const again = open({ directory, embedder });
    expect(await find(again, "boat3")).toHaveLength(1);
    await again.corpus.settle(unending());
    expect(embedder.samples).toHaveLength(1);
    expect(await again.corpus.describe(unending())).toMatchObject({ embedder: { name: "fake/learned/2" } });
  });

  it("refuses to take the place of a fixed embedder, and the reverse", async () => {
    const fixed = await temporaryFolder();
    const first = openFaiss({ directory: fixed, embedder: new FakeEmbedding() });
    await put(first, { id: "boat", text: "A boat." });
    await first.close();
    const learned = open({ directory: fixed });
    expect((await failureOf(search(learned, "boat"))).code).toBe("embedder-mismatch");
    expect((await failureOf(putBoats(learned, 0, 1))).code).toBe("embedder-mismatch");
    expect((await failureOf(learned.corpus.settle(unending()))).code).toBe("embedder-mismatch");
    const directory = await temporaryFolder();
    const second = open({ directory });
    await putBoats(second, 0, 3);
    await second.corpus.settle(unending());
    await second.close();
    const reverse = openFaiss({ directory, embedder: new FakeEmbedding() });
    onTestFinished(() => reverse.close());
    expect((await failureOf(search(reverse, "boat"))).code).toBe("embedder-mismatch");
  });

  it("reports progress from 0 to 1", async () => {
    const opened = open({ directory: await temporaryFolder() });
    await putBoats(opened, 0, 100);
    const shares: number[] = [];
    await opened.corpus.settle(unending(), (share) => shares.push(share));
    expect(shares.length).toBeGreaterThan(2);
    expect(shares.at(-1)).toBe(1);
  });
});

interface OpenLearned extends OpenFaiss {
  readonly embedder: FakeLearnedEmbedding;
}

function open(setting: {
  readonly directory: string;
  readonly embedder?: FakeLearnedEmbedding;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly learnsUnasked?: boolean;
}): OpenLearned {
  const { embedder = new FakeLearnedEmbedding() } = setting;
  const opened = openFaiss({ ...setting, embedder });
  onTestFinished(() => opened.close());
  return { ...opened, embedder };
}

/** An embedder whose model is large. */
function padded(): FakeLearnedEmbedding {
  const embedder = new FakeLearnedEmbedding();
  const plain: Pick<LearnedEmbeddingPort, "fit" | "open"> = {
    fit: embedder.fit.bind(embedder),
    open: embedder.open.bind(embedder),
  };
  const padding = 3 * 1024 * 1024 + 17;
  embedder.fit = async (sample, signal) => {
    const model = await plain.fit(sample, signal);
    const whole = new Uint8Array(padding + model.length).fill(7);
    whole.set(model, padding);
    return whole;
  };
  embedder.open = async (model, signal) => {
    expect(model.subarray(0, padding).every((byte) => byte === 7)).toBe(true);
    return plain.open(model.subarray(padding), signal);
  };
  return embedder;
}

async function putBoats({ corpus }: OpenFaiss, first: number, count: number): Promise<void> {
  const boats = Array.from({ length: count }, (_, index) => ({
    id: `boat${first + index}`,
    text: `This is boat${first + index} of a fleet.`,
  }));
  await corpus.put(boats.map(inOneChunk), unending());
}

/** So many documents of one text. */
async function putTexts({ corpus }: OpenFaiss, name: string, count: number, text: string): Promise<void> {
  const documents = Array.from({ length: count }, (_, index) => inOneChunk({ id: `${name}${index}`, text }));
  for (let start = 0; start < count; start += corpus.maxBatch) {
    await corpus.put(documents.slice(start, start + corpus.maxBatch), unending());
  }
}

function search({ retrieval }: OpenFaiss, query: string) {
  return retrieval.retrieve({ query, topK: 100 }, unending());
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
