import { describe, expect, it } from "vitest";
import type { SourceDocument } from "../../domain/document.ts";
import type { Filter } from "../../domain/filter.ts";
import { type Context, CRABS, failureOf, find, GULLS, put, unending, WHALES } from "./corpus-contract-context.ts";
import type { OpenCorpus } from "./corpus-harness.ts";

const YEAR_2020: Filter = { op: "eq", field: "year", value: 2020 };

export function describeRemoveMatching(context: Context): void {
  describe("removeMatching", () => {
    it("removes all whose metadata satisfy the filter and nothing else, and says how many", async () => {
      const opened = await context.open();
      await put(opened, WHALES, GULLS, CRABS);
      const filter: Filter = { op: "range", field: "year", gte: 2020 };
      expect(await opened.corpus.removeMatching(filter, unending())).toBe(2);
      expect(await find(opened, "whale")).toEqual([]);
      expect(await find(opened, "gull")).toEqual([]);
      expect(await find(opened, "crab")).toHaveLength(1);
      expect(await opened.corpus.get("whales", unending())).toBeUndefined();
      expect(await opened.corpus.get("crabs", unending())).toEqual(CRABS);
      expect(await opened.corpus.describe(unending())).toMatchObject({ documents: 1, passages: 1 });
      expect(await opened.corpus.removeMatching(filter, unending())).toBe(0);
    });

    it("takes in a document without metadata where the filter's contrary is not true of it", async () => {
      const opened = await context.open();
      await put(opened, WHALES, GULLS, CRABS);
      expect(await opened.corpus.removeMatching({ op: "not", filter: YEAR_2020 }, unending())).toBe(2);
      expect(await opened.corpus.get("whales", unending())).toEqual(WHALES);
    });

    it("speaks of the metadata as they are after the last put", async () => {
      const opened = await context.open();
      await put(opened, WHALES);
      await put(opened, { ...WHALES, metadata: { year: 2024 } });
      expect(await opened.corpus.removeMatching(YEAR_2020, unending())).toBe(0);
      await put(opened, WHALES, { ...GULLS, metadata: { year: 2020 } });
      expect(await opened.corpus.removeMatching(YEAR_2020, unending())).toBe(2);
    });

    it("changes nothing where nothing satisfies the filter", async () => {
      const opened = await context.open();
      await put(opened, WHALES, GULLS);
      const before = await opened.corpus.describe(unending());
      expect(await opened.corpus.removeMatching({ op: "exists", field: "lost", value: true }, unending())).toBe(0);
      expect(await opened.corpus.describe(unending())).toEqual(before);
    });

    const empty: readonly Filter[] = [
      { op: "and", filters: [] },
      { op: "not", filter: { op: "or", filters: [] } },
      { op: "or", filters: [YEAR_2020, { op: "and", filters: [] }] },
    ];
    for (const filter of empty) {
      it(`refuses ${JSON.stringify(filter)}, which never means everything`, async () => {
        const opened = await context.open();
        await put(opened, WHALES);
        const error = await failureOf(opened.corpus.removeMatching(filter, unending()));
        expect(error).toMatchObject({ code: "invalid-request", problems: [{ field: "filter" }] });
        expect(await opened.corpus.get("whales", unending())).toEqual(WHALES);
      });
    }

    it("removes many at once", async () => {
      const opened = await context.open();
      const { maxBatch } = opened.corpus;
      for (let batch = 0; batch < 12; batch++) await put(opened, ...boats(batch, maxBatch));
      const filter: Filter = { op: "in", field: "batch", values: [1, 3, 5, 7, 9, 11] };
      expect(await opened.corpus.removeMatching(filter, unending())).toBe(maxBatch * 6);
      expect(await opened.corpus.describe(unending())).toMatchObject({ documents: maxBatch * 6 });
      const request = { query: "boat", topK: 100, filter };
      expect((await opened.retrieval.retrieve(request, unending())).passages).toEqual([]);
    });
  });
}

/** What was read of two roots, and what a caller put. */
const FROM_SEA: SourceDocument = { ...WHALES, origin: { root: "/sea", file: "deep/whales.md" } };
const FROM_SHORE: SourceDocument = { ...CRABS, origin: { root: "/shore", file: "" } };

export function describeOrigins(context: Context): void {
  describe("what was read from a root", () => {
    it("is listed with its files, and got with its origin", async () => {
      const opened = await context.open();
      await put(opened, FROM_SEA, FROM_SHORE, GULLS, {
        ...GULLS,
        id: "\0 \ud800 船",
        origin: { root: "/sea", file: "ü" },
      });
      const listed = await listRead(opened, "/sea");
      expect(listed.toSorted((one, other) => (one.file < other.file ? -1 : 1))).toEqual([
        { id: "whales", file: "deep/whales.md" },
        { id: "\0 \ud800 船", file: "ü" },
      ]);
      expect(await listRead(opened, "/shore")).toEqual([{ id: "crabs", file: "" }]);
      expect(await listRead(opened, "/")).toEqual([]);
      expect(await opened.corpus.get("whales", unending())).toEqual(FROM_SEA);
    });

    it("is listed to its end where it is much", async () => {
      const opened = await context.open();
      const { maxBatch } = opened.corpus;
      const batches = Math.ceil(2_100 / maxBatch);
      for (let batch = 0; batch < batches; batch++) {
        const read = boats(batch, maxBatch).map((boat) => ({ ...boat, origin: { root: "/sea", file: "boats.jsonl" } }));
        await put(opened, ...read);
      }
      const ids = (await listRead(opened, "/sea")).map(({ id }) => id);
      expect(new Set(ids).size).toBe(batches * maxBatch);
      expect(ids).toHaveLength(batches * maxBatch);
    });

    it("is replaced, and embedded by nobody again, where its origin alone changes", async () => {
      const opened = await context.open();
      await put(opened, WHALES);
      await opened.corpus.settle(unending());
      const embedded = opened.embeddedTexts?.();
      expect(await put(opened, FROM_SEA)).toEqual({ added: 0, replaced: 1, unchanged: 0 });
      expect(await put(opened, FROM_SEA)).toEqual({ added: 0, replaced: 0, unchanged: 1 });
      expect(await put(opened, WHALES)).toEqual({ added: 0, replaced: 1, unchanged: 0 });
      await opened.corpus.settle(unending());
      expect(opened.embeddedTexts?.()).toBe(embedded);
      expect(await listRead(opened, "/sea")).toEqual([]);
    });

    it("is removed by its ids and its root, and what was put otherwise since is not", async () => {
      const opened = await context.open();
      await put(opened, FROM_SEA, FROM_SHORE, GULLS);
      const all = ["whales", "crabs", "gulls", "nobody"];
      expect(await opened.corpus.removeRead("/sea", all, unending())).toBe(1);
      expect(await opened.corpus.removeRead("/sea", all, unending())).toBe(0);
      await put(opened, CRABS);
      expect(await opened.corpus.removeRead("/shore", all, unending())).toBe(0);
      expect(await opened.corpus.get("whales", unending())).toBeUndefined();
      expect(await find(opened, "crab")).toHaveLength(1);
      expect(await find(opened, "gull")).toHaveLength(1);
    });
  });
}

function listRead({ corpus }: OpenCorpus, root: string) {
  return Array.fromAsync(corpus.listRead(root, unending()));
}

function boats(batch: number, count: number): readonly SourceDocument[] {
  return Array.from({ length: count }, (_, index) => {
    return { id: `${batch}-${index}`, text: `Boat ${index} of ${batch}.`, metadata: { batch } };
  });
}
