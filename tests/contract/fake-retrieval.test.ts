import { ServiceError } from "../../domain/errors.ts";
import type { Passage } from "../../domain/passage.ts";
import { mayRead } from "../../domain/readers.ts";
import { FakeRetrieval } from "../support/fakes/fake-retrieval.ts";
import { describeRetrievalContract } from "./retrieval-contract.ts";
import type { ContractDocument } from "./retrieval-contract-documents.ts";
import { PROVOKED_CODES, type ProvokedCode } from "./retrieval-harness.ts";

describeRetrievalContract("FakeRetrieval", {
  open: async (documents) => {
    const fake = new FakeRetrieval(({ query, principal }) =>
      documents.filter(({ readers }) => mayRead(readers, principal)).flatMap((document) => passageOf(document, query)),
    );
    const provocations = PROVOKED_CODES.map((code) => [code, () => fake.failNext(failure(code))] as const);
    return {
      port: fake,
      stall: () => fake.hold(),
      provoke: Object.fromEntries(provocations),
      close: () => fake.close(),
    };
  },
});

/** The document as a passage, where it holds a word of the query. */
function passageOf({ id, text, title, uri, metadata }: ContractDocument, query: string): readonly Passage[] {
  const words = query.split(" ");
  const score = words.filter((word) => text.toLowerCase().includes(word)).length / words.length;
  if (score === 0) return [];
  const optional = {
    ...(title === undefined ? {} : { title }),
    ...(uri === undefined ? {} : { uri }),
    ...(metadata === undefined ? {} : { metadata }),
  };
  return [{ id: `${id}#1`, documentId: id, text, score, location: { start: 0, end: text.length }, ...optional }];
}

function failure(code: ProvokedCode): ServiceError {
  const retryable = code === "rate-limited" || code === "overloaded" || code === "vendor-unavailable";
  return new ServiceError(code, `The script says: ${code}.`, { retryable });
}
