import { describe, expect, it } from "vitest";
import type { Readers, SourceDocument } from "../../domain/document.ts";
import type { Principal } from "../../domain/principal.ts";
import { mayRead } from "../../domain/readers.ts";
import { type Context, put, unending } from "./corpus-contract-context.ts";
import type { OpenCorpus } from "./corpus-harness.ts";

const ADA: Principal = { userId: "ada", groups: [] };
const CAPTAIN: Principal = { userId: "bob", groups: ["captains"] };
const STRANGER: Principal = { userId: "captains", groups: ["ada"] };
const EVERYBODY: readonly (Principal | undefined)[] = [ADA, CAPTAIN, STRANGER, undefined];

const OPEN: SourceDocument = { id: "open", text: "The harbour is open.\n\nIts quay is long." };
const FOR_ADA = secret("for-ada", { users: ["ada"], groups: [] });
const FOR_CAPTAINS = secret("for-captains", { users: [], groups: ["captains"] });
const FOR_NOBODY = secret("for-nobody", { users: [], groups: [] });
const ALL = [OPEN, FOR_ADA, FOR_CAPTAINS, FOR_NOBODY];

function secret(id: string, readers: Readers): SourceDocument {
  return { id, text: `The harbour keeps ${id}.`, readers };
}

/** Documents that not everybody may read. */
export function describeAccess(context: Context): void {
  describe("access", () => {
    it("gives each document's readers back as they were put", async () => {
      const opened = await context.open();
      await put(opened, ...ALL);
      for (const document of ALL) expect(await opened.corpus.get(document.id, unending())).toEqual(document);
    });

    it("lets a search find and a description count only what the principal may read", async () => {
      const opened = await context.open();
      await put(opened, ...ALL);
      await expectAgreement(opened, ALL);
      expect(await opened.corpus.describe(unending())).toMatchObject({ documents: 4, passages: 5 });
    });

    it("replaces a document whose readers alone have changed, and the very next search knows", async () => {
      const opened = await context.open();
      await put(opened, ...ALL);
      let current: readonly SourceDocument[] = ALL;
      const changes: readonly (Readers | undefined)[] = [
        { users: ["ada"], groups: [] },
        { users: [], groups: ["captains"] },
        undefined,
        { users: [], groups: [] },
        { users: ["bob"], groups: ["nobodies"] },
      ];
      for (const readers of changes) {
        const changed = { id: OPEN.id, text: OPEN.text, ...(readers === undefined ? {} : { readers }) };
        expect(await put(opened, changed)).toEqual({ added: 0, replaced: 1, unchanged: 0 });
        current = current.map((document) => (document.id === OPEN.id ? changed : document));
        await expectAgreement(opened, current);
      }
    });

    it("leaves a document alone whose readers come in another order, or twice", async () => {
      const opened = await context.open();
      await put(opened, { ...OPEN, readers: { users: ["ada", "bob"], groups: ["captains"] } });
      const again = { ...OPEN, readers: { users: ["bob", "ada", "bob"], groups: ["captains", "captains"] } };
      expect(await put(opened, again)).toEqual({ added: 0, replaced: 0, unchanged: 1 });
      const moved = { ...OPEN, readers: { users: ["ada", "bob", "captains"], groups: [] } };
      expect(await put(opened, moved)).toEqual({ added: 0, replaced: 1, unchanged: 0 });
    });

    context.case("embedded-texts", "embeds nothing where the readers alone have changed", async () => {
      const opened = await context.open();
      await put(opened, ...ALL);
      await opened.corpus.settle(unending());
      const before = opened.embeddedTexts?.();
      await put(opened, { ...OPEN, readers: { users: ["ada"], groups: [] } }, { ...FOR_ADA, readers: OPEN_READERS });
      await opened.corpus.settle(unending());
      expect(opened.embeddedTexts?.()).toBe(before);
    });

    it("removes for a principal only what it may read, and says of the rest that it is not there", async () => {
      const opened = await context.open();
      await put(opened, ...ALL);
      const ids = [...ALL.map(({ id }) => id), "not-there"];
      expect(await opened.corpus.removeFor(STRANGER, { ids: ids.slice(1) }, unending())).toBe(0);
      await expectAgreement(opened, ALL);
      expect(await opened.corpus.removeFor(ADA, { ids: ids.slice(1) }, unending())).toBe(1);
      await expectAgreement(opened, [OPEN, FOR_CAPTAINS, FOR_NOBODY]);
      expect(await opened.corpus.removeFor(undefined, { ids }, unending())).toBe(1);
      await expectAgreement(opened, [FOR_CAPTAINS, FOR_NOBODY]);
      expect(await opened.corpus.remove(ids, unending())).toBe(2);
    });

    it("shows a document that is put anew to its new readers only", async () => {
      const opened = await context.open();
      await put(opened, FOR_ADA);
      await opened.corpus.remove([FOR_ADA.id], unending());
      const again = { ...FOR_ADA, readers: { users: [], groups: ["captains"] } };
      await put(opened, again);
      await expectAgreement(opened, [again]);
    });

    context.case("reopen", "knows the readers of what it has written", async () => {
      const opened = await context.open();
      await put(opened, ...ALL);
      const again = await opened.reopen?.();
      if (again === undefined) throw new Error("The harness neither reopens nor skips `reopen`.");
      await expectAgreement(again, ALL);
      for (const document of ALL) expect(await again.corpus.get(document.id, unending())).toEqual(document);
    });
  });
}

const OPEN_READERS: Readers = { users: ["ada", "eve"], groups: ["cooks"] };

/** Searches and counts of everybody show what the reference says of these documents. */
async function expectAgreement({ corpus, retrieval }: OpenCorpus, documents: readonly SourceDocument[]): Promise<void> {
  for (const principal of EVERYBODY) {
    const readable = documents.filter(({ readers }) => mayRead(readers, principal));
    const passages = readable.flatMap(({ id, text }) => text.split("\n\n").map(() => id));
    const request = { query: "harbour quay", topK: 100, ...(principal === undefined ? {} : { principal }) };
    const found = await retrieval.retrieve(request, unending());
    expect(found.passages.map(({ documentId }) => documentId).toSorted()).toEqual(passages.toSorted());
    expect(await corpus.describeFor(principal, unending())).toMatchObject({
      documents: readable.length,
      passages: passages.length,
    });
  }
}
