import { inOneChunk } from "../support/chunked.ts";
import { FakeCorpus } from "../support/fakes/fake-corpus.ts";
import { describeCorpusContract } from "./corpus-contract.ts";
import { describeRetrievalContract } from "./retrieval-contract.ts";
import { PROVOKED_CODES } from "./retrieval-harness.ts";
import { describeTuningContract } from "./tuning-contract.ts";

describeCorpusContract("FakeCorpus", {
  open: async () => {
    const fake = new FakeCorpus();
    return {
      corpus: fake,
      retrieval: fake,
      hold: () => fake.hold(),
      failNext: (error) => fake.failNext(error),
      close: () => fake.close(),
    };
  },
  skip: {
    "embedded-texts": "the fake embeds nothing",
    reopen: "the fake keeps nothing",
  },
});

describeRetrievalContract("FakeCorpus", {
  open: async (documents) => {
    const fake = new FakeCorpus({ maxBatch: 1_000 });
    if (documents.length > 0) await fake.put(documents.map(inOneChunk), new AbortController().signal);
    return { port: fake, close: () => fake.close() };
  },
  skip: {
    stall: "the fake answers at once",
    ...Object.fromEntries(PROVOKED_CODES.map((code) => [code, "the fake depends on nothing that fails"])),
  },
});

describeTuningContract("FakeCorpus", {
  open: async (ranking) => {
    const fake = new FakeCorpus(ranking === undefined ? {} : { ranking });
    return { corpus: fake, retrieval: fake, tuning: fake, close: () => fake.close() };
  },
  keepsNothing: "the fake keeps nothing",
});
