import { ServiceError } from "../../domain/errors.ts";
import type { SnapshotStatus } from "../../domain/health.ts";
import type { CorpusPort } from "../../domain/ports/corpus-port.ts";
import type { RetrievalPort } from "../../domain/ports/retrieval-port.ts";
import type { SnapshotPort } from "../../domain/ports/snapshot-port.ts";
import type { TuningPort } from "../../domain/ports/tuning-port.ts";
import type { Search } from "../container/registry.ts";

/** A search whose documents come from a published snapshot: what is behind it, how it stands, and what others may do with it. */
export class FollowedSearch {
  readonly name: string;
  status: SnapshotStatus = {};
  /** Whether there is nothing yet that it may answer from. Only the service waits, a command takes what is on disk. */
  isWaiting = false;
  private search: Search | undefined;

  constructor(name: string) {
    this.name = name;
  }

  get corpus(): CorpusPort | undefined {
    return this.search?.corpus;
  }

  get snapshots(): SnapshotPort | undefined {
    return this.search?.snapshots;
  }

  /** The search as others get it: nothing is found while it waits, and nothing can be written. */
  guard(search: Search): Search {
    this.search = search;
    const { retrieval, corpus, tuning, snapshots } = search;
    return {
      retrieval: this.guardedRetrieval(retrieval),
      ...(corpus === undefined ? {} : { corpus: readOnlyCorpus(corpus, this.name) }),
      ...(tuning === undefined ? {} : { tuning: readOnlyTuning(tuning, this.name) }),
      ...(snapshots === undefined ? {} : { snapshots: readOnlySnapshots(snapshots, this.name) }),
    };
  }

  private guardedRetrieval(retrieval: RetrievalPort): RetrievalPort {
    return {
      retrieve: async (request, signal) => {
        if (!this.isWaiting) return retrieval.retrieve(request, signal);
        const message = `The snapshot that ${this.name} answers from has not been fetched yet.`;
        throw new ServiceError("retrieval-unavailable", message, { retryable: true });
      },
      close: async () => retrieval.close?.(),
    };
  }
}

/** What is read is read from the corpus, and what would write is refused: the disk is as short-lived as the service. */
function readOnlyCorpus(corpus: CorpusPort, name: string): CorpusPort {
  const refuse = async () => {
    throw readOnly(name);
  };
  return {
    maxBatch: corpus.maxBatch,
    put: refuse,
    remove: refuse,
    removeMatching: refuse,
    removeRead: refuse,
    removeFor: refuse,
    compare: (documents, signal) => corpus.compare(documents, signal),
    listRead: (root, signal) => corpus.listRead(root, signal),
    get: (id, signal) => corpus.get(id, signal),
    list: (page, signal) => corpus.list(page, signal),
    version: (signal) => corpus.version(signal),
    describe: (signal) => corpus.describe(signal),
    describeFor: (principal, signal) => corpus.describeFor(principal, signal),
    settle: (signal, onProgress) => corpus.settle(signal, onProgress),
    close: async () => corpus.close?.(),
  };
}

function readOnlyTuning(tuning: TuningPort, name: string): TuningPort {
  const refuse = async () => {
    throw readOnly(name);
  };
  return {
    defaultRanking: tuning.defaultRanking,
    retrieveRanked: (ranking, request, signal) => tuning.retrieveRanked(ranking, request, signal),
    rankingInForce: (signal) => tuning.rankingInForce(signal),
    tune: refuse,
    calibrate: refuse,
  };
}

function readOnlySnapshots(snapshots: SnapshotPort, name: string): SnapshotPort {
  return {
    create: (directory, signal, onProgress) => snapshots.create(directory, signal, onProgress),
    restore: async () => {
      throw readOnly(name);
    },
  };
}

function readOnly(name: string): ServiceError {
  return new ServiceError(
    "corpus-read-only",
    `The corpus ${name} follows a published snapshot: change its documents where the snapshot is made, and publish that.`,
  );
}
