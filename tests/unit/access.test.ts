import fc from "fast-check";
import { expect, it } from "vitest";
import { Catalog } from "../../adapters/outbound/faiss/engine/catalog.ts";
import type { Readers } from "../../domain/document.ts";
import type { Principal } from "../../domain/principal.ts";
import { mayRead } from "../../domain/readers.ts";

const ids = fc.subarray(["a", "b", "c", "user a", "group a"]);
const readers: fc.Arbitrary<Readers | undefined> = fc.option(fc.record({ users: ids, groups: ids }), {
  nil: undefined,
});
const principal: fc.Arbitrary<Principal | undefined> = fc.option(
  fc.record({ userId: fc.constantFrom("a", "b", "z", "user a"), groups: ids }),
  { nil: undefined },
);
const document = fc.integer({ min: 1, max: 6 });
const step = fc.oneof(
  fc.record({ do: fc.constant("set" as const), document, readers }),
  fc.record({ do: fc.constant("add" as const), document }),
  fc.record({ do: fc.constant("remove" as const), index: fc.nat() }),
  fc.record({ do: fc.constant("ask" as const), principal }),
);

it("knows after any changes which passages and how many documents a principal may read", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const catalog = new Catalog();
      const readersOf = new Map<number, Readers | undefined>();
      const passages = new Map<number, { readonly slot: number; readonly document: number }>();
      let next = 1;
      const add = (owner: number) => {
        passages.set(next, { slot: catalog.addPassage(next, owner), document: owner });
        next += 1;
      };
      for (const taken of steps) {
        if (taken.do === "set") {
          const isNew = !readersOf.has(taken.document);
          readersOf.set(taken.document, taken.readers);
          catalog.setDocument(taken.document, {}, taken.readers);
          if (isNew) add(taken.document);
        } else if (taken.do === "add" && readersOf.has(taken.document)) add(taken.document);
        else if (taken.do === "remove" && passages.size > 0) {
          const [number, { document: owner }] = [...passages][taken.index % passages.size] ?? [0, { document: 0 }];
          passages.delete(number);
          catalog.removePassage(number);
          if (![...passages.values()].some((passage) => passage.document === owner)) readersOf.delete(owner);
        } else if (taken.do === "ask") {
          const allowed = (owner: number) => mayRead(readersOf.get(owner), taken.principal);
          const expected = [...passages.values()].filter((passage) => allowed(passage.document));
          const readable = catalog.access.readable(taken.principal) ?? catalog.live;
          expect([...readable]).toEqual(expected.map(({ slot }) => slot).toSorted((one, other) => one - other));
          expect(readable.count).toBe(expected.length);
          expect(catalog.documentCount - catalog.access.countUnreadable(taken.principal)).toBe(
            [...readersOf.keys()].filter(allowed).length,
          );
        }
      }
    }),
    { numRuns: 300 },
  );
});
