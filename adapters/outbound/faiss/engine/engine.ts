import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ServiceError } from "../../../../domain/errors.ts";
import { AnalysisThread } from "./analysis-thread.ts";
import { Background } from "./background.ts";
import { CorpusMemory } from "./corpus-memory.ts";
import { Database } from "./database.ts";
import { DocumentStore } from "./document-store.ts";
import { IndexFiles } from "./index-files.ts";
import type { EngineSettings, Operation, Operations, SearchReply, SearchRequest, Space } from "./protocol.ts";
import { Searcher } from "./searcher.ts";
import { SpaceStore } from "./space-store.ts";
import { Writer } from "./writer.ts";

/** How often it looks for what other processes have committed while nobody searches. */
const POLL_MS = 500;
const MAX_BATCH = 16;
const MAX_LEAKED_BYTES = 128 << 20;
const RETIRE_AGAIN_AFTER = 1_000;

/** What happens without being asked for. */
export interface EngineEvents {
  /** Memory has grown: replace the process. */
  retire(): void;
  /** Vectors are missing. */
  due(): void;
  /** Work in the background failed; it is tried again after the next change. */
  failed(error: unknown): void;
}

interface WaitingSearch {
  readonly request: SearchRequest;
  readonly isCancelled: () => boolean;
  readonly reply: PromiseWithResolvers<SearchReply>;
}

type Handlers = {
  [Name in Operation]: (
    request: Operations[Name]["request"],
    isCancelled: () => boolean,
  ) => Operations[Name]["reply"] | Promise<Operations[Name]["reply"]>;
};

/** A corpus that is open: the record, what is in memory of it, and the work on both. */
export class Engine {
  readonly handlers: Handlers;
  private readonly events: EngineEvents;
  private readonly database: Database;
  private readonly documents: DocumentStore;
  private readonly spaces: SpaceStore;
  private readonly analysis = new AnalysisThread();
  private readonly writer: Writer;
  private readonly memory: CorpusMemory;
  private readonly searcher: Searcher;
  private readonly background: Background;
  private readonly waiting: WaitingSearch[] = [];
  private readonly poll: NodeJS.Timeout;
  private searches = 0;
  private retireAtSearches: number;
  private retireAtBytes = MAX_LEAKED_BYTES;

  private constructor(settings: EngineSettings, database: Database, events: EngineEvents) {
    this.events = events;
    this.database = database;
    this.documents = new DocumentStore(database);
    this.spaces = new SpaceStore(database, settings.embedder);
    this.writer = new Writer(database, this.documents, this.spaces, this.analysis);
    const files = new IndexFiles(settings.directory, database, settings.useIndexFiles);
    this.memory = new CorpusMemory(database, this.spaces, files, settings.flatBelow);
    this.searcher = new Searcher(this.memory, this.documents);
    const { memory, spaces } = this;
    this.background = new Background({ memory, database, spaces, files, onFailure: (error) => events.failed(error) });
    this.handlers = { ...this.documentHandlers(), ...this.spaceHandlers() };
    this.retireAtSearches = settings.retireAfterSearches;
    this.poll = setInterval(() => this.lookForChanges(), POLL_MS);
  }

  static async open(settings: EngineSettings, events: EngineEvents): Promise<Engine> {
    mkdirSync(settings.directory, { recursive: true });
    const database = await Database.open(join(settings.directory, "corpus.sqlite"));
    const engine = new Engine(settings, database, events);
    await engine.writer.bringTermsUpToDate();
    engine.catchUp();
    return engine;
  }

  /** The space that is searched. */
  get space(): Space | undefined {
    return this.memory.serving?.space;
  }

  /** Ends the work and saves the index; requests under way may fail. */
  async close(): Promise<void> {
    clearInterval(this.poll);
    await this.analysis.close();
    await this.background.stop();
    this.database.close();
  }

  private documentHandlers() {
    return {
      search: (request, isCancelled) => this.search(request, isCancelled),
      compare: ({ documents }) => this.writer.compare(documents),
      put: (request, isCancelled) => this.change(() => this.writer.put(request, isCancelled)),
      remove: ({ token, ids }, isCancelled) => this.change(() => this.writer.remove(token, ids, isCancelled)),
      get: ({ id }) => this.documents.get(id),
      describe: () => this.describe(),
    } satisfies Partial<Handlers>;
  }

  private spaceHandlers() {
    const { database, spaces } = this;
    return {
      plan: () => database.read(() => spaces.plan((passage) => this.memory.catalog.countAbove(passage))),
      sample: ({ after, limit }) => this.documents.sample(after, limit),
      beginSpace: ({ dimensions }) => database.write(() => spaces.begin(dimensions)),
      appendModel: ({ space, part, bytes }) => done(database.write(() => spaces.appendModel(space, part, bytes))),
      readModel: ({ space, part }) => spaces.readModel(space, part),
      textsToEmbed: ({ space, after, limit }) => this.documents.withoutVector(space, after, limit),
      storeVectors: ({ space, passages, packed }) =>
        this.change(() => done(database.write(() => spaces.storeVectors(space, passages, packed)))),
      activateSpace: ({ space }) => this.change(() => database.write(() => spaces.activate(space))),
      abandonSpace: ({ space }) => done(database.write(() => spaces.abandon(space))),
      persist: () => done(this.background.persist()),
    } satisfies Partial<Handlers>;
  }

  /** Searches wait for the end of the event loop's turn, so that all that have arrived are answered together. */
  private search(request: SearchRequest, isCancelled: () => boolean): Promise<SearchReply> {
    const reply = Promise.withResolvers<SearchReply>();
    this.waiting.push({ request, isCancelled, reply });
    if (this.waiting.length === 1) nextTurn().then(() => this.searchTogether());
    return reply.promise;
  }

  private searchTogether(): void {
    const batch = this.waiting.splice(0, MAX_BATCH).filter(stillWanted);
    if (this.waiting.length > 0) nextTurn().then(() => this.searchTogether());
    try {
      const replies = this.database.read(() => {
        if (this.memory.catchUp()) this.changed();
        return this.searcher.search(batch.map(({ request }) => request));
      });
      for (const [index, { reply }] of batch.entries()) {
        const outcome = replies[index];
        if (outcome === undefined || outcome instanceof ServiceError) reply.reject(outcome);
        else reply.resolve(outcome);
      }
    } catch (error) {
      for (const { reply } of batch) reply.reject(error);
    }
    this.countSearches(batch.length);
  }

  private countSearches(count: number): void {
    this.searches += count;
    const leaked = this.memory.serving?.index.leakedBytes ?? 0;
    if (this.searches < this.retireAtSearches && leaked < this.retireAtBytes) return;
    this.retireAtSearches = this.searches + RETIRE_AGAIN_AFTER;
    this.retireAtBytes = leaked + MAX_LEAKED_BYTES / 8;
    this.events.retire();
  }

  private describe() {
    const count = (table: string) =>
      this.database.get<{ count: number }>(`SELECT count(*) AS count FROM ${table}`)?.count;
    return this.database.read(() => {
      const embedder = this.spaces.describe();
      return {
        documents: count("documents") ?? 0,
        passages: count("passages") ?? 0,
        generation: this.database.get<{ generation: number }>("SELECT generation FROM corpus")?.generation ?? 0,
        ...(embedder === undefined ? {} : { embedder }),
      };
    });
  }

  /** What a change commits is in memory before it is acknowledged. */
  private change<Value>(write: () => Promise<Value>): Promise<Value> {
    return this.background.givingWay(async () => {
      const value = await write();
      this.catchUp();
      return value;
    });
  }

  private lookForChanges(): void {
    try {
      this.catchUp();
    } catch (error) {
      this.events.failed(error);
    }
  }

  private catchUp(): void {
    this.database.read(() => {
      if (this.memory.catchUp()) this.changed();
    });
  }

  private changed(): void {
    this.background.wake();
    if (this.memory.mismatch !== undefined) return;
    const plan = this.spaces.plan((passage) => this.memory.catalog.countAbove(passage));
    if (plan.work !== "none") this.events.due();
  }
}

function stillWanted({ isCancelled, reply }: WaitingSearch): boolean {
  if (!isCancelled()) return true;
  reply.reject(new ServiceError("cancelled", "The caller cancelled the request."));
  return false;
}

async function done(work: Promise<unknown>): Promise<null> {
  await work;
  return null;
}
