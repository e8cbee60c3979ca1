import { open } from "node:fs/promises";
import { join } from "node:path";
import { verifySnapshot } from "../../adapters/outbound/faiss/snapshots.ts";
import type { EmbeddingPort, LearnedEmbeddingPort } from "../../domain/ports/embedding-port.ts";
import { corpusFolder, openFaiss } from "../support/faiss.ts";
import { FakeEmbedding } from "../support/fakes/fake-embedding.ts";
import { FakeLearnedEmbedding } from "../support/fakes/fake-learned-embedding.ts";
import { describeSnapshotContract, type OpenSnapshots } from "./snapshot-contract.ts";

describeSnapshotContract("FaissSnapshots with a fixed embedder", {
  open: async () => over(new FakeEmbedding(), await corpusFolder()),
  verify: verifySnapshot,
  damage: overwrite,
});

describeSnapshotContract("FaissSnapshots with a learned embedder", {
  open: async () => over(new FakeLearnedEmbedding(), await corpusFolder()),
  verify: verifySnapshot,
  damage: overwrite,
});

function over(
  embedder: EmbeddingPort | LearnedEmbeddingPort,
  folder: Awaited<ReturnType<typeof corpusFolder>>,
): OpenSnapshots {
  const { corpus, retrieval, snapshots, close } = openFaiss({ directory: folder.path, embedder });
  return {
    corpus,
    retrieval,
    snapshots,
    reopen: async () => {
      await close();
      return over(embedder, folder);
    },
    close: () => close().then(folder.remove),
  };
}

async function overwrite(directory: string): Promise<void> {
  const record = await open(join(directory, "corpus.sqlite"), "r+");
  await record.write("torn", 2_000);
  await record.close();
}
