import { describe, expect } from "vitest";
import { ServiceError } from "../../domain/errors.ts";
import type { Retrieval } from "../../domain/ports/retrieval-port.ts";
import type { Principal } from "../../domain/principal.ts";
import { mayRead } from "../../domain/readers.ts";
import { type Context, FEW_DOCUMENTS, unending } from "./retrieval-contract-context.ts";
import { COMMON_WORD, SECRET_DOCUMENTS, SECRET_WORD } from "./retrieval-contract-documents.ts";

const DOCUMENTS = [...FEW_DOCUMENTS, ...SECRET_DOCUMENTS];

const ADA: Principal = { userId: "ada", groups: [] };
const STRANGER: Principal = { userId: "eve", groups: ["cooks"] };
const READERS: readonly (readonly [string, Principal, readonly string[]])[] = [
  ["a reader named by id", ADA, ["secret-ada", "secret-both"]],
  ["a reader named by group", { userId: "bob", groups: ["cooks", "captains"] }, ["secret-both", "secret-captains"]],
  ["a reader with both", { userId: "ada", groups: ["captains"] }, ["secret-ada", "secret-both", "secret-captains"]],
  ["a user named like a group", { userId: "captains", groups: [] }, ["secret-namesake"]],
  ["a group named like a user", { userId: "eve", groups: ["ada"] }, []],
  ["other letters of an id", { userId: "Ada", groups: ["captain", "Captains", "captains "] }, []],
  ["a stranger", STRANGER, []],
];

/** What a search shows to whom. */
export function describeAccess(context: Context): void {
  describe("access", () => {
    for (const [who, principal, allowed] of READERS) {
      context.case(
        "principal",
        `shows ${who} ${allowed.length === 0 ? "nothing secret" : "what it may read"}`,
        async () => {
          const { port } = await context.open(DOCUMENTS);
          const retrieval = await port.retrieve(context.requestFor({ topK: 100, principal }), unending());
          expect(secretsIn(retrieval)).toEqual(allowed);
          expect(retrieval.passages).toHaveLength(FEW_DOCUMENTS.length + allowed.length);
        },
      );
    }

    context.case("principal", "shows nothing secret to a search for nobody, or refuses it", async () => {
      const { port } = await context.open(DOCUMENTS);
      const search = port.retrieve({ query: COMMON_WORD, topK: 100 }, unending());
      const secrets = await search.then(secretsIn, (error: unknown) => {
        expect(error).toBeInstanceOf(ServiceError);
        return [];
      });
      expect(secrets).toEqual([]);
    });

    context.case("principal", "fills the list with what may be read where the best matches may not", async () => {
      const { port } = await context.open(DOCUMENTS);
      const request = context.requestFor({ query: `${COMMON_WORD} ${SECRET_WORD}`, topK: 2 });
      const strangers = await port.retrieve({ ...request, principal: STRANGER }, unending());
      expect(strangers.passages).toHaveLength(2);
      expect(secretsIn(strangers)).toEqual([]);
      const readers = await port.retrieve({ ...request, principal: ADA }, unending());
      expect(readers.passages[0]?.documentId).toBe("secret-both");
    });

    context.case("principal", "lets a filter choose among what may be read only", async () => {
      const { port } = await context.open(DOCUMENTS);
      const filter = { op: "eq", field: "kind", value: "secret" } as const;
      for (const [, principal, allowed] of READERS) {
        const retrieval = await port.retrieve(context.requestFor({ topK: 100, filter, principal }), unending());
        expect(secretsIn(retrieval)).toEqual(allowed);
        expect(retrieval.passages).toHaveLength(allowed.length);
      }
    });

    context.case("principal", "keeps principals that search at once apart", async () => {
      const { port } = await context.open(DOCUMENTS);
      const interleaved = Array.from({ length: 6 }, () => READERS).flat();
      const answers = interleaved.map(([, principal]) =>
        port.retrieve(context.requestFor({ topK: 100, principal }), unending()),
      );
      for (const [index, retrieval] of (await Promise.all(answers)).entries()) {
        expect(secretsIn(retrieval)).toEqual(interleaved[index]?.[2]);
      }
    });

    context.case("principal", "agrees with the reference on every document", async () => {
      const { port } = await context.open(DOCUMENTS);
      for (const [, principal] of READERS) {
        const { passages } = await port.retrieve(context.requestFor({ topK: 100, principal }), unending());
        const expected = DOCUMENTS.filter(({ readers }) => mayRead(readers, principal)).map(({ id }) => id);
        expect(passages.map(({ documentId }) => documentId).toSorted()).toEqual(expected.toSorted());
      }
    });
  });
}

function secretsIn({ passages }: Retrieval): readonly string[] {
  return passages
    .map(({ documentId }) => documentId)
    .filter((id) => id.startsWith("secret-"))
    .toSorted();
}
