import type { CorpusDescription } from "../../domain/ports/corpus-port.ts";
import type { Principal } from "../../domain/principal.ts";
import { FakeCorpus } from "../support/fakes/fake-corpus.ts";

/** A corpus that lives as long as the test, and names an embedder once it holds something. */
export class MemoryCorpus extends FakeCorpus {
  override async describe(signal: AbortSignal): Promise<CorpusDescription> {
    return withEmbedder(await super.describe(signal));
  }

  override async describeFor(principal: Principal | undefined, signal: AbortSignal): Promise<CorpusDescription> {
    return withEmbedder(await super.describeFor(principal, signal));
  }
}

function withEmbedder(described: CorpusDescription): CorpusDescription {
  return described.documents === 0 ? described : { ...described, embedder: { name: "memory-1", dimensions: 8 } };
}
