import type { Metadata, Origin, Readers, SourceDocument } from "../../../../domain/document.ts";
import type { ErrorCode } from "../../../../domain/errors.ts";
import type { Filter } from "../../../../domain/filter.ts";
import type { Passage } from "../../../../domain/passage.ts";
import type {
  CorpusDescription,
  CorpusPage,
  PutOutcome,
  PutReport,
  ReadDocument,
} from "../../../../domain/ports/corpus-port.ts";
import type { Principal } from "../../../../domain/principal.ts";
import type { Ranking } from "../../../../domain/ranking.ts";
import type { Relevance, RelevanceFloor } from "../../../../domain/relevance.ts";

/** What the engine must know before it opens its corpus. */
export interface EngineSettings {
  /** Folder of the corpus; made where it is not there. */
  readonly directory: string;
  readonly embedder: EmbedderIdentity;
  /** Vectors from which the index is HNSW; below it is flat. */
  readonly flatBelow: number;
  /** Searches after which the process asks to be replaced; without end where only lost memory counts. */
  readonly retireAfterSearches: number;
  /** Whether index files are read and written; false where process after process has died, since such a file may be why. */
  readonly useIndexFiles: boolean;
}

/** What decides whether vectors fit together. A learned embedder's dimensions are its space's. */
export type EmbedderIdentity =
  | { readonly kind: "fixed"; readonly name: string; readonly dimensions: number }
  | { readonly kind: "learned"; readonly name: string };

/** A space that vectors of the corpus live in. */
export interface Space {
  /** Unlike that of any other space of the corpus, also of contents that were restored into it before or after. */
  readonly id: string;
  /** In this record. */
  readonly number: number;
  readonly kind: "fixed" | "learned";
  readonly embedder: string;
  readonly dimensions: number;
}

export interface SearchRequest {
  readonly query: string;
  readonly topK: number;
  readonly filter?: Filter;
  /** Absent for nobody known, who finds what everybody may read. */
  readonly principal?: Principal;
  /** Absent: what the record says, else the default. */
  readonly ranking?: Ranking;
  /** The query's vector and the id of the space that it lives in; a fixed embedder has one space only and names none. */
  readonly dense?: { readonly space?: string; readonly vector: Float32Array };
}

/** Somebody whose rights count: a principal, or nobody known. */
export interface Caller {
  readonly principal?: Principal;
}

/** Passages and the ranking that they were found under, or the space that the query must be embedded into first. */
export type SearchReply =
  | {
      readonly passages: readonly Passage[];
      readonly ranking: Ranking;
      readonly relevance: Relevance;
      readonly warnings: readonly string[];
      readonly space?: never;
    }
  | { readonly space: Space; readonly passages?: never };

/** What tells without its text whether a document is there already. */
export interface Fingerprint {
  readonly id: string;
  /** Over everything that the document is. */
  readonly hash: string;
}

export interface ChunkFingerprint {
  readonly id: string;
  /** Over what is embedded and searched. */
  readonly searchHash: string;
}

export interface Comparison {
  /** The content that was compared with. */
  readonly content: string;
  /** Space of the vectors that `put` must bring; absent where it needs none, or is the first one of a fixed embedder. */
  readonly space?: Space;
  /** Whether `put` must bring the vectors of those chunks whose vectors are not there. */
  readonly wantsVectors: boolean;
  /** In the fingerprints' order. */
  readonly documents: readonly DocumentComparison[];
}

export interface DocumentComparison {
  /** What a put would do. */
  readonly outcome: PutOutcome;
  /** Keys of the document's chunks as the record has them whose vectors are there, see `chunkKey`; [] where it stays unchanged. */
  readonly embedded: readonly string[];
}

/** A chunk without its text, which the document holds. */
export interface WireChunk extends ChunkFingerprint {
  readonly start: number;
  readonly end: number;
  readonly section: readonly string[];
  readonly page?: number;
  readonly language?: string;
  readonly tokens: number;
  /** What stands before the text in the search text, where that ends with the text; else the whole search text. */
  readonly search: { readonly lead: string } | { readonly whole: string };
  /** Place of its vector among those of the put, from 0; absent where the put brings none. */
  readonly vector?: number;
}

export interface WireDocument {
  readonly id: string;
  readonly title?: string;
  readonly text: string;
  readonly uri?: string;
  readonly metadata?: Metadata;
  readonly readers?: Readers;
  readonly origin?: Origin;
  readonly hash: string;
  readonly chunks: readonly WireChunk[];
}

/** Vectors one after the other. */
export interface PackedVectors {
  /** Id of their space; absent for the first one of a fixed embedder. */
  readonly space?: string;
  readonly packed: Float32Array;
}

export interface PutRequest {
  /** Names this very put: done twice after a crash, it is reported as done once. */
  readonly token: string;
  /** The content that the documents were compared with. */
  readonly content: string;
  readonly documents: readonly WireDocument[];
  readonly vectors?: PackedVectors;
}

/** The report, or that the record has changed since the comparison: compare and embed again. */
export type PutReply =
  | { readonly report: PutReport; readonly again?: never }
  | { readonly again: true; readonly report?: never };

/** Documents that are to be removed: by their ids, those of a root alone where it is named, or by their metadata. */
type Selection =
  | { readonly ids: readonly string[]; readonly root?: string; readonly filter?: never }
  | { readonly filter: Filter; readonly ids?: never };

export interface RemoveRequest {
  /** As a put's. */
  readonly token: string;
  readonly selection: Selection;
  /** Only what the caller may read is removed, where one is given. */
  readonly caller?: Caller;
}

/** A part of the documents that were read from a root; `last` leads to the next part, which is there where this one is not empty. */
export interface ReadPart {
  readonly documents: readonly ReadDocument[];
  readonly last: number;
}

/** What the vectors need so that all passages have theirs, in the space that fits them. */
export type Plan =
  | { readonly work: "none" }
  /** Another process is at it. */
  | { readonly work: "wait" }
  | { readonly work: "fit"; readonly content: string }
  | { readonly work: "embed"; readonly space: Space; readonly missing: number };

export interface TextsToEmbed {
  readonly passages: readonly number[];
  readonly texts: readonly string[];
}

/**
 * Every request that the engine answers, and what it answers. A space is named by its id. All but `search` and `readModel`
 * are answered out of the content that the corpus names at that time; those that name a space or a content which is not
 * there any more fail with `space-gone`, but for `activateSpace` and `abandonSpace`.
 */
export interface Operations {
  search: { request: SearchRequest; reply: SearchReply };
  compare: { request: { readonly documents: readonly Fingerprint[] }; reply: Comparison };
  put: { request: PutRequest; reply: PutReply };
  remove: { request: RemoveRequest; reply: number };
  /** Documents read from the root, from the one behind `after` on (0 for the first). */
  listRead: { request: { readonly root: string; readonly after: number }; reply: ReadPart };
  get: { request: { readonly id: string }; reply: Omit<WireDocument, "hash" | "chunks"> | undefined };
  /** Only what the caller may read is counted, where one is given. */
  describe: { request: Caller | null; reply: CorpusDescription };
  /** Documents in the order of their ids as the record has them, behind `after`; [] at the end. */
  list: { request: CorpusPage; reply: readonly SourceDocument[] };
  /** The ranking that the record says; undefined where it says none. */
  tuned: { request: null; reply: Ranking | undefined };
  /** Has the record say this ranking; undefined: none. */
  tune: { request: { readonly ranking: Ranking | undefined }; reply: null };
  /** Has the record say this floor; undefined: none. */
  calibrate: { request: { readonly floor: RelevanceFloor | undefined }; reply: null };
  plan: { request: null; reply: Plan };
  /** Numbers of up to `limit` passages, a fair sample in the order of their texts' hashes, alike texts once. */
  sample: { request: { readonly limit: number }; reply: readonly number[] };
  /** Search texts of those of the passages that are there, in their order. */
  searchTexts: { request: { readonly passages: readonly number[] }; reply: readonly string[] };
  /** Id of a new space of this content that nobody searches yet; undefined where another process is at it. */
  beginSpace: {
    request: { readonly content: string; readonly dimensions: number };
    reply: string | undefined;
  };
  appendModel: { request: { readonly space: string; readonly part: number; readonly bytes: Uint8Array }; reply: null };
  /** A part of a learned space's model; undefined behind the last one. */
  readModel: {
    request: { readonly space: string; readonly part: number };
    reply: Uint8Array | undefined;
  };
  /** Passages behind the one numbered `after` without a vector in the space; fewer than asked for at the end. */
  textsToEmbed: {
    request: { readonly space: string; readonly after: number; readonly limit: number };
    reply: TextsToEmbed;
  };
  storeVectors: {
    request: { readonly space: string; readonly passages: readonly number[]; readonly packed: Float32Array };
    reply: null;
  };
  /** Makes the space the one that is searched: `missing` where passages lack their vectors, `gone` where it was given up. */
  activateSpace: { request: { readonly space: string }; reply: "active" | "missing" | "gone" };
  /** Gives up a space in the making. */
  abandonSpace: { request: { readonly space: string }; reply: null };
  /** Name of the content and of its revision. */
  version: { request: null; reply: string };
  /** Waits until the vectors' index holds everything and its file is written. */
  persist: { request: null; reply: null };
}

export type Operation = keyof Operations;

/** What the service sends; first `open`, with the id of its process, which the engine does not outlive. */
export type ToEngine =
  | { readonly open: EngineSettings; readonly service: number }
  | {
      [Name in Operation]: {
        readonly id: number;
        readonly operation: Name;
        readonly request: Operations[Name]["request"];
      };
    }[Operation]
  | { readonly cancel: number }
  | { readonly ping: true }
  | { readonly close: true };

/**
 * A ServiceError on its way between processes, a bug's stack under the code "bug", or what only the service must know:
 * `superseded`, the corpus has another content, nothing was done; `space-gone`, the space or content named is not there any more.
 */
export interface WireError {
  readonly code: ErrorCode | "bug" | "superseded" | "space-gone";
  readonly message: string;
  readonly retryable: boolean;
  readonly cause?: string;
}

/**
 * What the engine sends. `ready`: the corpus is open, and this is the space that is searched; `retire`: its memory has grown, replace it; `due`: vectors are missing, make a plan;
 * `superseded`: the corpus has another content, replace it (said again until that is done); `alive`: answers a ping; `failed`: it could not open the corpus and ends; `trouble`: work in the background failed.
 */
export type FromEngine =
  | { readonly id: number; readonly value: unknown; readonly error?: never }
  | { readonly id: number; readonly error: WireError }
  | { readonly event: "ready"; readonly space?: Space }
  | { readonly event: "retire" | "due" | "superseded" | "alive" }
  | { readonly event: "failed" | "trouble"; readonly error: WireError };
