import { randomUUID } from "node:crypto";
import { describe, expect, it, onTestFinished } from "vitest";
import { pack } from "../../adapters/outbound/faiss/engine/vector-bytes.ts";
import { fingerprintAll, wireDocument } from "../../adapters/outbound/faiss/fingerprint.ts";
import { inOneChunk } from "../support/chunked.ts";
import { openFaiss } from "../support/faiss.ts";
import { FakeEmbedding } from "../support/fakes/fake-embedding.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const { signal } = new AbortController();

async function open() {
  const embedder = new FakeEmbedding();
  const opened = openFaiss({ directory: await temporaryFolder(), embedder });
  onTestFinished(opened.close);
  const { engine, retrieval } = opened;
  /** The two halves of a put: what it compares, and what it then sends. */
  const compare = async (id: string) => {
    const [print] = fingerprintAll([inOneChunk({ id, text: `A ${id} on the quay.` })], 1);
    if (print === undefined) throw new Error("A document has a fingerprint.");
    const comparison = await engine.call("compare", { documents: [print] }, signal);
    return { print, comparison };
  };
  const send = async ({ print, comparison }: Awaited<ReturnType<typeof compare>>) => {
    const texts = print.source.map(({ searchText }) => searchText);
    const packed = pack(await embedder.embed({ texts, purpose: "document" }, signal));
    const documents = [wireDocument(print, () => 0)];
    const request = { token: randomUUID(), content: comparison.content, documents, vectors: { packed } };
    return engine.call("put", request, signal);
  };
  return { compare, send, retrieval };
}

describe("Puts into an empty corpus with a fixed embedder", () => {
  it("are all taken at their first attempt, although only one of them begins the space", async () => {
    const { compare, send, retrieval } = await open();
    const compared = [await compare("crane"), await compare("barge"), await compare("winch")];
    expect(compared.map(({ comparison }) => comparison.space)).toEqual([undefined, undefined, undefined]);
    const report = { report: { added: 1, replaced: 0, unchanged: 0 } };
    expect(await Promise.all(compared.map(send))).toEqual([report, report, report]);
    const { passages } = await retrieval.retrieve({ query: "winch", topK: 1 }, signal);
    expect(passages[0]?.documentId).toBe("winch");
  });
});
