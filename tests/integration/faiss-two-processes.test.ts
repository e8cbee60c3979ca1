import { describe, expect, it, onTestFinished } from "vitest";
import { find, unending } from "../contract/corpus-contract-context.ts";
import { chunked } from "../support/chunked.ts";
import { type OpenFaiss, openFaiss } from "../support/faiss.ts";
import { FakeEmbedding } from "../support/fakes/fake-embedding.ts";
import { FakeLearnedEmbedding } from "../support/fakes/fake-learned-embedding.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

describe("Two processes over one corpus", () => {
  it("see each other's puts and removals with the next search", async () => {
    const [one, other] = await openTwice();
    for (let round = 0; round < 10; round++) {
      await putBoat(one, round);
      expect(await find(other, `boat${round}`)).toHaveLength(1);
      await putBoat(other, round, "again");
      expect((await find(one, `boat${round}`)).map(({ text }) => text)).toEqual([`This is boat${round} again.`]);
      if (round % 2 === 0) continue;
      await other.corpus.remove([`boat${round}`], unending());
      expect(await find(one, `boat${round}`)).toEqual([]);
      expect(await find(other, `boat${round}`)).toEqual([]);
    }
    expect(await one.corpus.describe(unending())).toEqual(await other.corpus.describe(unending()));
  });

  it("write at once, and nothing is lost", async () => {
    const [one, other] = await openTwice();
    const puts = Array.from({ length: 60 }, (_, index) => putBoat(index % 2 === 0 ? one : other, index));
    expect((await Promise.all(puts)).every(({ added }) => added === 1)).toBe(true);
    for (const opened of [one, other]) {
      expect(await opened.corpus.describe(unending())).toMatchObject({ documents: 60, passages: 60 });
      for (const index of [0, 31, 59]) expect(await find(opened, `boat${index}`)).toHaveLength(1);
    }
  });

  it("put the same document at once: one of them wins, wholly", async () => {
    const [one, other] = await openTwice();
    for (let round = 0; round < 10; round++) {
      const reports = await Promise.all([putBoat(one, 0, `one${round}`), putBoat(other, 0, `other${round}`)]);
      expect(reports.reduce((sum, { added }) => sum + added, 0)).toBe(round === 0 ? 1 : 0);
      const text = (await one.corpus.get("boat0", unending()))?.text;
      expect((await find(one, "boat0")).map((passage) => passage.text)).toEqual([text]);
      expect((await find(other, "boat0")).map((passage) => passage.text)).toEqual([text]);
    }
  });

  it("follow a ranking that one of them keeps with the next search of the other", async () => {
    const directory = await temporaryFolder();
    const embedder = new FakeEmbedding();
    const [one, other] = [open(directory), open(directory, { embedder })];
    for (let number = 0; number < 5; number++) await putBoat(one, number, "under sail");
    const request = { query: "a boat3 under sail", topK: 3 };
    const queries = () => embedder.requests.filter(({ purpose }) => purpose === "query").length;
    for (const mode of ["dense", "sparse", "fused"] as const) {
      const ranking = { mode, denseWeight: 0.6 };
      await one.tuning.tune(ranking, unending());
      const { passages } = await other.retrieval.retrieve(request, unending());
      expect(passages).toEqual((await one.tuning.retrieveRanked(ranking, request, unending())).passages);
    }
    await one.tuning.tune({ mode: "sparse", denseWeight: 0.6 }, unending());
    await other.retrieval.retrieve(request, unending());
    const before = queries();
    await other.retrieval.retrieve(request, unending());
    expect(queries(), "a search by words alone embeds no query").toBe(before);
  });

  it("both create a fixed embedder's space at once, and use the same", async () => {
    for (let round = 0; round < 5; round++) {
      const [one, other] = await openTwice();
      await Promise.all([putBoat(one, 1), putBoat(other, 2)]);
      for (const opened of [one, other]) {
        expect(await find(opened, "boat1")).toHaveLength(1);
        expect(await find(opened, "boat2")).toHaveLength(1);
      }
    }
  });

  it("learn one space, whoever settles, and both search it", async () => {
    const directory = await temporaryFolder();
    const embedders = [new FakeLearnedEmbedding(), new FakeLearnedEmbedding()] as const;
    const [one, other] = embedders.map((embedder) => open(directory, { embedder, options: { mode: "dense" } })) as [
      OpenFaiss,
      OpenFaiss,
    ];
    for (let index = 0; index < 20; index++) await putBoat(index % 2 === 0 ? one : other, index);
    await Promise.all([one.corpus.settle(unending()), other.corpus.settle(unending())]);
    for (const opened of [one, other]) {
      const found = await opened.retrieval.retrieve({ query: "this is boat7", topK: 1 }, unending());
      expect(found.warnings).toEqual([]);
      expect(found.passages[0]?.documentId).toBe("boat7");
    }
    expect(await one.corpus.describe(unending())).toEqual(await other.corpus.describe(unending()));
  });
});

async function openTwice(): Promise<readonly [OpenFaiss, OpenFaiss]> {
  const directory = await temporaryFolder();
  return [open(directory), open(directory)];
}

function open(directory: string, setting: Partial<Parameters<typeof openFaiss>[0]> = {}): OpenFaiss {
  const opened = openFaiss({ embedder: new FakeEmbedding(), ...setting, directory });
  onTestFinished(() => opened.close());
  return opened;
}

function putBoat({ corpus }: OpenFaiss, number: number, more = "") {
  const text = `This is boat${number}${more === "" ? "" : ` ${more}`}.`;
  return corpus.put([chunked({ id: `boat${number}`, text })], unending());
}
