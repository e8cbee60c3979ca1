import { describe, expect, it } from "vitest";
import { SAMPLE_DOCUMENTS, sampleDocuments } from "../../../application/sample-documents.ts";
import { inOneChunk } from "../../support/chunked.ts";
import { FakeCorpus } from "../../support/fakes/fake-corpus.ts";

const never = new AbortController().signal;

async function corpusOf(count: number, text = (index: number) => `Boat ${index}.`): Promise<FakeCorpus> {
  const corpus = new FakeCorpus({ maxBatch: 10_000 });
  const documents = Array.from({ length: count }, (_, index) => inOneChunk({ id: `${index}`, text: text(index) }));
  if (count > 0) await corpus.put(documents, never);
  return corpus;
}

describe("sampleDocuments", () => {
  it("gives every document of a small corpus, with its sections", async () => {
    const corpus = await corpusOf(250);
    const shares: number[] = [];
    const sample = await sampleDocuments(corpus, never, (share) => shares.push(share));
    expect(sample).toHaveLength(250);
    expect(new Set(sample.map(({ id }) => id)).size).toBe(250);
    expect(sample[0]?.sections).toEqual([{ start: 0, end: 7, path: [] }]);
    expect(shares).toEqual([0.4, 0.8, 1]);
    expect(await sampleDocuments(await corpusOf(0), never)).toEqual([]);
  });

  it("takes an even sample of a large one, the same one again", async () => {
    const corpus = await corpusOf(4_000);
    const sample = await sampleDocuments(corpus, never);
    expect(sample).toHaveLength(SAMPLE_DOCUMENTS);
    expect(new Set(sample.map(({ id }) => id)).size).toBe(SAMPLE_DOCUMENTS);
    expect(await sampleDocuments(corpus, never)).toEqual(sample);
    // Of 1,000 draws half should be of the lower half of the ids: four standard deviations are 63.
    const low = sample.filter(({ id }) => Number(id) < 2_000).length;
    expect(Math.abs(low - 500)).toBeLessThan(63);
  });

  it("cuts long documents, and the sections with them", async () => {
    const corpus = await corpusOf(1, () => "long ".repeat(5_000));
    const [document] = await sampleDocuments(corpus, never);
    expect(document?.text).toHaveLength(20_000);
    expect(document?.sections).toEqual([{ start: 0, end: 20_000, path: [] }]);
  });

  it("ends when the caller aborts", async () => {
    await expect(sampleDocuments(await corpusOf(3), AbortSignal.abort())).rejects.toMatchObject({ code: "cancelled" });
  });
});
