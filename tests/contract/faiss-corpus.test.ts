import { corpusFolder, openFaiss } from "../support/faiss.ts";
import { FakeEmbedding } from "../support/fakes/fake-embedding.ts";
import { FakeLearnedEmbedding } from "../support/fakes/fake-learned-embedding.ts";
import { describeCorpusContract } from "./corpus-contract.ts";
import type { OpenCorpus } from "./corpus-harness.ts";

describeCorpusContract("FaissCorpus with a fixed embedder", {
  open: async () => overFixed(new FakeEmbedding(), await corpusFolder()),
});

describeCorpusContract("FaissCorpus with a learned embedder", {
  open: async () => overLearned(new FakeLearnedEmbedding(), await corpusFolder()),
  skip: {
    stall: "nothing is embedded before there is a space",
    failure: "nothing is embedded before there is a space",
  },
});

type Folder = Awaited<ReturnType<typeof corpusFolder>>;

function overFixed(embedder: FakeEmbedding, folder: Folder): OpenCorpus {
  const { corpus, retrieval, close } = openFaiss({ directory: folder.path, embedder });
  const documents = () => embedder.requests.filter(({ purpose }) => purpose === "document");
  return {
    corpus,
    retrieval,
    hold: () => embedder.hold(),
    failNext: (error) => embedder.failNext(error),
    embeddedTexts: () => documents().reduce((sum, { texts }) => sum + texts.length, 0),
    reopen: async () => {
      await close();
      return overFixed(embedder, folder);
    },
    close: () => close().then(folder.remove),
  };
}

function overLearned(embedder: FakeLearnedEmbedding, folder: Folder): OpenCorpus {
  const { corpus, retrieval, close } = openFaiss({ directory: folder.path, embedder });
  return {
    corpus,
    retrieval,
    embeddedTexts: () => embedder.embeddedTexts,
    reopen: async () => {
      await close();
      return overLearned(embedder, folder);
    },
    close: () => close().then(folder.remove),
  };
}
