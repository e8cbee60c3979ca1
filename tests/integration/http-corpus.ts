import type { CorpusDescription } from "../../domain/ports/corpus-port.ts";
import { FakeCorpus } from "../support/fakes/fake-corpus.ts";

/** A corpus that lives as long as the test, and names an embedder once it holds something. */
export class MemoryCorpus extends FakeCorpus {
  override async describe(signal: AbortSignal): Promise<CorpusDescription> {
    const described = await super.describe(signal);
    return described.documents === 0 ? described : { ...described, embedder: { name: "memory-1", dimensions: 8 } };
  }
}
