import { describe, expect, it } from "vitest";
import type { SourceDocument } from "../../domain/document.ts";
import type { Filter } from "../../domain/filter.ts";
import { chunked } from "../support/chunked.ts";
import { describeAccess } from "./corpus-contract-access.ts";
import { type Context, CRABS, contextOf, find, GULLS, put, unending, WHALES } from "./corpus-contract-context.ts";
import { describeFailures } from "./corpus-contract-failures.ts";
import { describeOrigins, describeRemoveMatching } from "./corpus-contract-removals.ts";
import type { CorpusHarness, OpenCorpus } from "./corpus-harness.ts";

/** What every CorpusPort must do, whatever stands behind it. Call it at the top of a test file. */
export function describeCorpusContract(name: string, harness: CorpusHarness): void {
  const context = contextOf(harness);
  describe(`${name} keeps the contract of CorpusPort`, () => {
    describePut(context);
    describeRemove(context);
    describeRemoveMatching(context);
    describeOrigins(context);
    describeReading(context);
    describeAccess(context);
    describeFailures(context);
  });
}

const EXACTLY: readonly SourceDocument[] = [
  { id: "nul", text: "before\0after the null" },
  { id: "surrogate", title: "half \ud83d", text: "half a ship \ud83d sails, \udea2 too" },
  { id: "invisible", text: "\ufeff bom, \u202e override, \u00a0 space, \r\n line" },
  { id: "__proto__", text: "an id like a prototype", metadata: { constructor: "x", hasOwnProperty: ["y"] } },
  { id: `'"; DROP TABLE documents; -- \0 船 ${"x".repeat(480)}`, text: "an id like an attack" },
  {
    id: "values",
    text: "all kinds of metadata",
    metadata: { yes: true, no: false, zero: 0, tiny: 5e-324, none: [], empty: "" },
  },
];

function describePut(context: Context): void {
  describe("put", () => {
    it("says what was added, replaced and left alone", async () => {
      const opened = await context.open();
      expect(await put(opened, WHALES, GULLS)).toEqual({ added: 2, replaced: 0, unchanged: 0 });
      const changed = { ...GULLS, text: "A gull sleeps." };
      expect(await put(opened, WHALES, changed, CRABS)).toEqual({ added: 1, replaced: 1, unchanged: 1 });
    });

    it("says beforehand, with compare, what it would do, and compare writes nothing", async () => {
      const opened = await context.open();
      await put(opened, WHALES, GULLS);
      const before = await opened.corpus.describe(unending());
      const documents = [WHALES, { ...GULLS, text: "A gull sleeps." }, CRABS];
      const outcomes = await opened.corpus.compare(documents.map(chunked), unending());
      expect(outcomes).toEqual(["unchanged", "replaced", "added"]);
      expect(await opened.corpus.describe(unending())).toEqual(before);
      expect(await put(opened, ...documents)).toEqual({ added: 1, replaced: 1, unchanged: 1 });
    });

    it("gives the corpus another version than ever before, but not where nothing changes", async () => {
      const opened = await context.open();
      const seen = [await opened.corpus.version(unending())];
      const changes = [
        () => put(opened, WHALES),
        () => put(opened, { ...WHALES, text: "A whale sings." }),
        () => opened.corpus.remove([WHALES.id], unending()),
        () => put(opened, WHALES),
        () => put(opened, { ...WHALES, readers: { users: ["ada"], groups: [] } }),
        () => put(opened, { ...WHALES, metadata: { sea: "north" } }),
        () => put(opened, WHALES),
      ];
      for (const change of changes) {
        await change();
        await opened.corpus.settle(unending());
        const version = await opened.corpus.version(unending());
        expect(seen).not.toContain(version);
        seen.push(version);
      }
      await put(opened, WHALES);
      expect(await opened.corpus.version(unending())).toBe(seen.at(-1));
    });

    it("is seen by the very next search", async () => {
      const opened = await context.open();
      for (const [index, word] of ["albatross", "barnacle", "cormorant"].entries()) {
        await put(opened, { id: word, text: `One ${word} among ${index} others.` });
        expect((await find(opened, word)).map(({ documentId }) => documentId)).toEqual([word]);
      }
    });

    it("gives the passages what was put with them", async () => {
      const opened = await context.open();
      const { document, chunks } = chunked(WHALES);
      const [first] = chunks;
      if (first === undefined) throw new Error("The document has no chunk.");
      const whole = { ...first, section: ["Sea", "Deep"], page: 3, language: "en", tokens: 17 };
      await opened.corpus.put([{ document, chunks: [whole] }], unending());
      const [passage] = await find(opened, "whale");
      const { id, text, start, end, section, page, language, tokens } = whole;
      const { title, uri, metadata } = WHALES;
      const location = { start, end, section, page };
      expect(passage).toMatchObject({
        id,
        text,
        location,
        language,
        tokens,
        documentId: "whales",
        title,
        uri,
        metadata,
      });
    });

    it("replaces a document: the old text is found no more, the new one is", async () => {
      const opened = await context.open();
      await put(opened, WHALES, GULLS);
      await put(opened, { ...WHALES, text: "A whale breathes air.\n\nIts song is long." });
      expect(await find(opened, "calf")).toEqual([]);
      expect(await find(opened, "song")).toHaveLength(1);
      expect(await find(opened, "whale")).toHaveLength(1);
      expect(await opened.corpus.describe(unending())).toMatchObject({ documents: 2, passages: 3 });
    });

    it("replaces title, uri and metadata where the text stays", async () => {
      const opened = await context.open();
      await put(opened, WHALES);
      const { uri: _, ...rest } = WHALES;
      const changed = { ...rest, title: "Big whales", metadata: { year: 2024 } };
      expect(await put(opened, changed)).toEqual({ added: 0, replaced: 1, unchanged: 0 });
      const passages = await find(opened, "whale");
      expect(passages).toHaveLength(1);
      expect(passages[0]).toMatchObject({ title: "Big whales", metadata: { year: 2024 } });
      expect(passages[0]?.uri).toBeUndefined();
      const found = async (filter: Filter) =>
        (await opened.retrieval.retrieve({ query: "whale", topK: 10, filter }, unending())).passages.length;
      expect(await found({ op: "eq", field: "year", value: 2024 })).toBeGreaterThan(0);
      expect(await found({ op: "eq", field: "year", value: 2020 })).toBe(0);
    });

    it("writes nothing where nothing has changed, whatever the order of the metadata", async () => {
      const opened = await context.open();
      await put(opened, WHALES, GULLS);
      await opened.corpus.settle(unending());
      const before = await opened.corpus.describe(unending());
      const metadata = Object.fromEntries(Object.entries(WHALES.metadata ?? {}).reverse());
      expect(await put(opened, { ...WHALES, metadata }, GULLS)).toEqual({ added: 0, replaced: 0, unchanged: 2 });
      expect(await opened.corpus.describe(unending())).toEqual(before);
    });

    context.case("embedded-texts", "embeds only chunks that are new", async () => {
      const opened = await context.open();
      const embedded = () => opened.embeddedTexts?.() ?? Number.NaN;
      await put(opened, WHALES);
      await opened.corpus.settle(unending());
      const before = embedded();
      await put(opened, WHALES);
      await put(opened, { ...WHALES, metadata: {} });
      expect(embedded()).toBe(before);
      await put(opened, { ...WHALES, text: `${WHALES.text}\n\nIts song is long.` });
      expect(embedded()).toBe(before + 1);
    });

    it("takes as many documents as it says", async () => {
      const opened = await context.open();
      const { maxBatch } = opened.corpus;
      const documents = Array.from({ length: maxBatch }, (_, index) => ({ id: `${index}`, text: `Boat ${index}.` }));
      expect((await put(opened, ...documents)).added).toBe(maxBatch);
      expect(await opened.corpus.describe(unending())).toMatchObject({ documents: maxBatch, passages: maxBatch });
    });

    it("keeps puts that run at once apart", async () => {
      const opened = await context.open();
      const documents = Array.from({ length: 12 }, (_, index) => ({
        id: `${index % 6}`,
        text: `Boat number${index}.`,
      }));
      await Promise.all(documents.map((document) => put(opened, document)));
      expect(await opened.corpus.describe(unending())).toMatchObject({ documents: 6, passages: 6 });
      for (const id of ["0", "5"]) {
        const text = (await opened.corpus.get(id, unending()))?.text ?? "";
        const found = (await find(opened, "boat")).filter((passage) => passage.documentId === id);
        expect(found.map((passage) => passage.text)).toEqual([text]);
      }
    });
  });
}

function describeRemove(context: Context): void {
  describe("remove", () => {
    it("says how many were there, and they are found no more", async () => {
      const opened = await context.open();
      await put(opened, WHALES, GULLS, CRABS);
      expect(await opened.corpus.remove(["whales", "crabs", "nobody", "crabs"], unending())).toBe(2);
      expect(await find(opened, "whale")).toEqual([]);
      expect(await find(opened, "crab")).toEqual([]);
      expect(await find(opened, "gull")).toHaveLength(1);
      expect(await opened.corpus.get("whales", unending())).toBeUndefined();
      expect(await opened.corpus.describe(unending())).toMatchObject({ documents: 1, passages: 1 });
    });

    it("changes nothing where none of them is there", async () => {
      const opened = await context.open();
      await put(opened, WHALES);
      await opened.corpus.settle(unending());
      const before = await opened.corpus.describe(unending());
      expect(await opened.corpus.remove(["nobody"], unending())).toBe(0);
      expect(await opened.corpus.remove([], unending())).toBe(0);
      expect(await opened.corpus.describe(unending())).toEqual(before);
    });

    it("lets the same document be put again", async () => {
      const opened = await context.open();
      await put(opened, WHALES);
      await opened.corpus.remove(["whales"], unending());
      expect(await put(opened, WHALES)).toEqual({ added: 1, replaced: 0, unchanged: 0 });
      expect(await find(opened, "whale")).toHaveLength(1);
    });
  });
}

async function listAll({ corpus }: OpenCorpus, limit: number): Promise<readonly SourceDocument[]> {
  const listed: SourceDocument[] = [];
  for (;;) {
    const after = listed.at(-1)?.id;
    const page = await corpus.list(after === undefined ? { limit } : { after, limit }, unending());
    if (page.length === 0) return listed;
    expect(page.length).toBeLessThanOrEqual(limit);
    listed.push(...page);
  }
}

function describeReading(context: Context): void {
  describe("get, describe and settle", () => {
    it("gets each document as it was put, without its sections", async () => {
      const opened = await context.open();
      await put(opened, { ...WHALES, sections: [{ start: 0, end: 21, path: ["Sea"] }] }, CRABS, ...EXACTLY);
      for (const document of [WHALES, CRABS, ...EXACTLY]) {
        expect(await opened.corpus.get(document.id, unending())).toEqual(document);
      }
    });

    it("gets undefined where there is no such document", async () => {
      const opened = await context.open();
      expect(await opened.corpus.get("nobody", unending())).toBeUndefined();
    });

    it("lists every document once, page by page, in one order, with its passages' stretches as sections", async () => {
      const opened = await context.open();
      const { document, chunks } = chunked(WHALES);
      const placed = chunks.map((chunk, index) => ({ ...chunk, section: ["Sea", `Part ${index}`], page: index + 1 }));
      await opened.corpus.put([{ document, chunks: placed }], unending());
      await put(opened, GULLS, CRABS, ...EXACTLY);
      const listed = await listAll(opened, 3);
      expect(new Set(listed.map(({ id }) => id)).size).toBe(EXACTLY.length + 3);
      expect(listed).toHaveLength(EXACTLY.length + 3);
      for (const { sections, ...rest } of listed) expect(await opened.corpus.get(rest.id, unending())).toEqual(rest);
      expect(listed.find(({ id }) => id === "whales")?.sections).toEqual(
        placed.map(({ start, end, section, page }) => ({ start, end, path: section, page })),
      );
      expect(await listAll(opened, 100)).toEqual(listed);
      await opened.corpus.remove(["gulls"], unending());
      expect(await listAll(opened, 1)).toEqual(listed.filter(({ id }) => id !== "gulls"));
    });

    it("lists from behind an id that is not there any more, and nothing behind the last", async () => {
      const opened = await context.open();
      expect(await opened.corpus.list({ limit: 10 }, unending())).toEqual([]);
      await put(opened, WHALES, GULLS, CRABS);
      const [first, second, third] = await listAll(opened, 3);
      await opened.corpus.remove([second?.id ?? ""], unending());
      const behind = await opened.corpus.list({ after: second?.id ?? "", limit: 10 }, unending());
      expect(behind).toEqual([third]);
      expect(await opened.corpus.list({ limit: 1 }, unending())).toEqual([first]);
      expect(await opened.corpus.list({ after: third?.id ?? "", limit: 10 }, unending())).toEqual([]);
    });

    it("describes an empty corpus: no document, no passage, no embedder", async () => {
      const { corpus } = await context.open();
      const { generation, ...rest } = await corpus.describe(unending());
      expect(rest).toEqual({ documents: 0, passages: 0 });
      expect(generation).toBeGreaterThanOrEqual(0);
    });

    it("raises the generation at each change", async () => {
      const opened = await context.open();
      const generation = async () => (await opened.corpus.describe(unending())).generation;
      const generations = [await generation()];
      await put(opened, WHALES, GULLS);
      generations.push(await generation());
      await put(opened, { ...WHALES, metadata: {} });
      generations.push(await generation());
      await opened.corpus.remove(["gulls"], unending());
      generations.push(await generation());
      expect(generations).toEqual([...new Set(generations)].toSorted((one, other) => one - other));
    });

    it("settles with progress that never falls", async () => {
      const opened = await context.open();
      await put(opened, WHALES, GULLS, CRABS);
      const shares: number[] = [];
      await opened.corpus.settle(unending(), (share) => shares.push(share));
      expect(shares).toEqual(shares.toSorted((one, other) => one - other));
      expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
      await opened.corpus.settle(unending());
    });

    it("settles at once where there is nothing", async () => {
      const { corpus } = await context.open();
      await corpus.settle(unending());
      expect(await corpus.describe(unending())).toMatchObject({ documents: 0 });
    });

    context.case("reopen", "opens what it has written", async () => {
      const opened = await context.open();
      await put(opened, WHALES, GULLS, CRABS, ...EXACTLY);
      await opened.corpus.remove(["gulls"], unending());
      const before = await opened.corpus.describe(unending());
      const again = await opened.reopen?.();
      if (again === undefined) throw new Error("The harness neither reopens nor skips `reopen`.");
      expect(await again.corpus.describe(unending())).toMatchObject({
        documents: before.documents,
        passages: before.passages,
      });
      expect(await find(again, "whale")).toHaveLength(1);
      expect(await find(again, "gull")).toEqual([]);
      for (const document of [WHALES, CRABS, ...EXACTLY]) {
        expect(await again.corpus.get(document.id, unending())).toEqual(document);
      }
      expect(await put(again, WHALES)).toEqual({ added: 0, replaced: 0, unchanged: 1 });
    });
  });
}
