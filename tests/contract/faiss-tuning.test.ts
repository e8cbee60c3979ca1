import type { EmbeddingPort, LearnedEmbeddingPort } from "../../domain/ports/embedding-port.ts";
import type { Ranking } from "../../domain/ranking.ts";
import { corpusFolder, openFaiss } from "../support/faiss.ts";
import { FakeEmbedding } from "../support/fakes/fake-embedding.ts";
import { FakeLearnedEmbedding } from "../support/fakes/fake-learned-embedding.ts";
import { describeTuningContract, type OpenTuning } from "./tuning-contract.ts";

describeTuningContract("FaissTuning with a fixed embedder", {
  open: async (configured) => opened(new FakeEmbedding(), await corpusFolder(), configured),
});

describeTuningContract("FaissTuning with a learned embedder", {
  open: async (configured) => opened(new FakeLearnedEmbedding(), await corpusFolder(), configured),
});

function opened(
  embedder: EmbeddingPort | LearnedEmbeddingPort,
  folder: Awaited<ReturnType<typeof corpusFolder>>,
  configured: Ranking | undefined,
): OpenTuning {
  const options = configured === undefined ? {} : { mode: configured.mode, dense_weight: configured.denseWeight };
  const faiss = openFaiss({ directory: folder.path, embedder, options });
  return {
    ...faiss,
    reopen: async () => {
      await faiss.close();
      return opened(embedder, folder, configured);
    },
    close: () => faiss.close().then(folder.remove),
  };
}
