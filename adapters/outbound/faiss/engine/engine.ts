import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { ServiceError } from "../../../../domain/errors.ts";
import { matchesFilter } from "../../../../domain/filter.ts";
import type { CorpusDescription } from "../../../../domain/ports/corpus-port.ts";
import { mayRead } from "../../../../domain/readers.ts";
import { AnalysisThread } from "./analysis-thread.ts";
import { Background } from "./background.ts";
import { type Content, currentContent, Superseded } from "./content.ts";
import { CorpusMemory } from "./corpus-memory.ts";
import { Database } from "./database.ts";
import { DocumentStore } from "./document-store.ts";
import { IndexFiles } from "./index-files.ts";
import { removeOldContents } from "./old-contents.ts";
import type {
  Caller,
  EngineSettings,
  Operation,
  Operations,
  RemoveRequest,
  SearchReply,
  SearchRequest,
  Space,
} from "./protocol.ts";
import { samplePassages } from "./sample.ts";
import { SearchQueue } from "./search-queue.ts";
import { Searcher } from "./searcher.ts";
import { SpaceStore } from "./space-store.ts";
import { StoredDocuments } from "./stored-documents.ts";
import { Writer } from "./writer.ts";

/** How often it looks for what other processes have committed while nobody searches. */
const POLL_MS = 500;

/** What happens without being asked for. */
export interface EngineEvents {
  /** Memory has grown: replace the process. */
  retire(): void;
  /** Vectors are missing. */
  due(): void;
  /** The corpus has another content: replace the process. Said again and again. */
  superseded(): void;
  /** Work in the background failed; it is tried again after the next change. */
  failed(error: unknown): void;
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
  private readonly directory: string;
  private readonly content: Content;
  private readonly events: EngineEvents;
  private readonly database: Database;
  private readonly documents: DocumentStore;
  private readonly stored: StoredDocuments;
  private readonly spaces: SpaceStore;
  private readonly analysis = new AnalysisThread();
  private readonly writer: Writer;
  private readonly memory: CorpusMemory;
  private readonly searcher: Searcher;
  private readonly background: Background;
  private readonly queue: SearchQueue;
  private readonly poll: NodeJS.Timeout;

  private constructor(settings: EngineSettings, content: Content, database: Database, events: EngineEvents) {
    this.directory = settings.directory;
    this.content = content;
    this.events = events;
    this.database = database;
    this.documents = new DocumentStore(database);
    this.stored = new StoredDocuments(database);
    this.spaces = new SpaceStore(database, settings.embedder, content.name);
    this.writer = new Writer({
      database,
      documents: this.documents,
      spaces: this.spaces,
      content: content.name,
      analysis: this.analysis,
      onCommitted: (committed) => {
        if (this.memory.takeIn(committed)) database.read(() => this.changed());
      },
    });
    const files = new IndexFiles(content.directory, database, settings.useIndexFiles);
    this.memory = new CorpusMemory(database, this.spaces, files, settings.flatBelow);
    this.searcher = new Searcher(this.memory, this.stored);
    const { memory, spaces } = this;
    this.background = new Background({ memory, database, spaces, files, onFailure: (error) => this.failed(error) });
    this.handlers = { ...this.documentHandlers(), ...this.spaceHandlers() };
    this.queue = new SearchQueue({
      search: (requests) => this.search(requests),
      leakedBytes: () => memory.serving?.index.leakedBytes ?? 0,
      retireAfterSearches: settings.retireAfterSearches,
      retire: () => events.retire(),
    });
    this.poll = setInterval(() => this.lookForChanges(), POLL_MS);
  }

  /** Opens what the corpus names now; a restore that comes meanwhile makes it begin anew. */
  static async open(settings: EngineSettings, events: EngineEvents): Promise<Engine> {
    mkdirSync(settings.directory, { recursive: true });
    for (;;) {
      const content = currentContent(settings.directory);
      try {
        return await Engine.openContent(settings, content, events);
      } catch (error) {
        if (content.isCurrent()) throw error;
      }
    }
  }

  private static async openContent(settings: EngineSettings, content: Content, events: EngineEvents): Promise<Engine> {
    const database = await Database.open(join(content.directory, "corpus.sqlite"), content);
    const engine = new Engine(settings, content, database, events);
    try {
      await engine.writer.bringTermsUpToDate();
      engine.catchUp();
      if (!content.isCurrent()) throw new Superseded();
      engine.removeOldContents();
      return engine;
    } catch (error) {
      clearInterval(engine.poll);
      await engine.analysis.close();
      await database.close();
      throw error;
    }
  }

  /** The space that is searched. */
  get space(): Space | undefined {
    return this.memory.serving?.space;
  }

  /** Ends the work and saves the index, or removes the content where the corpus has another one; requests under way may fail. */
  async close(): Promise<void> {
    clearInterval(this.poll);
    await this.analysis.close();
    await this.background.stop().catch((error) => this.failed(error));
    await this.database.close();
    if (!this.content.isCurrent()) this.removeOldContents();
  }

  private documentHandlers() {
    return {
      search: (request, isCancelled) => this.queue.add(request, isCancelled),
      compare: async ({ documents }) => {
        const comparison = this.ofCurrent(() => this.writer.compare(documents));
        // What is said to be there already must outlive a power cut, as what was put does.
        if (comparison.documents.some(({ outcome }) => outcome === "unchanged")) await this.database.durable();
        // A put follows.
        if (comparison.documents.some(({ outcome }) => outcome !== "unchanged")) this.analysis.prepare();
        return comparison;
      },
      put: (request, isCancelled) => this.change(() => this.writer.put(request, isCancelled)),
      remove: (request, isCancelled) =>
        this.change(() => this.writer.remove(request.token, () => this.selected(request), isCancelled)),
      listRead: ({ root, after }) => this.ofCurrent(() => this.stored.listRead(root, after)),
      get: ({ id }) => this.ofCurrent(() => this.stored.get(id)),
      describe: (caller) => this.ofCurrent(() => this.describe(caller)),
      version: () => this.ofCurrent(() => this.version()),
      list: (page) => this.ofCurrent(() => this.database.read(() => this.stored.list(page))),
      tuned: () => this.ofCurrent(() => this.database.read(() => this.writer.tuned())),
      tune: ({ ranking }, isCancelled) => this.change(() => this.writer.tune(ranking, isCancelled)),
      calibrate: ({ floor }, isCancelled) => this.change(() => this.writer.calibrate(floor, isCancelled)),
    } satisfies Partial<Handlers>;
  }

  private spaceHandlers() {
    const { database, spaces } = this;
    return {
      plan: () => this.ofCurrent(() => database.read(() => spaces.plan(this.memory.growth))),
      sample: async ({ limit }) => {
        const passages = await samplePassages(database, limit);
        return this.ofCurrent(() => passages);
      },
      searchTexts: ({ passages }) => this.ofCurrent(() => this.documents.searchTexts(passages)),
      beginSpace: ({ content, dimensions }) => database.write(() => spaces.begin(content, dimensions)),
      appendModel: ({ space, part, bytes }) =>
        done(database.write(() => spaces.appendModel(spaces.numberOf(space), part, bytes))),
      readModel: ({ space, part }) => spaces.readModel(spaces.numberOf(space), part),
      textsToEmbed: ({ space, after, limit }) =>
        this.ofCurrent(() => this.documents.withoutVector(spaces.numberOf(space), after, limit)),
      storeVectors: ({ space, passages, packed }) =>
        this.change(() => done(database.write(() => spaces.storeVectors(spaces.numberOf(space), passages, packed)))),
      activateSpace: ({ space }) => this.change(() => database.write(() => spaces.activate(space))),
      abandonSpace: ({ space }) => done(database.write(() => spaces.abandon(space))),
      persist: () => done(this.background.persist()),
    } satisfies Partial<Handlers>;
  }

  private search(requests: readonly SearchRequest[]): readonly (SearchReply | ServiceError)[] {
    return this.database.read(() => {
      if (this.memory.catchUp()) this.changed();
      return this.searcher.search(requests);
    });
  }

  private describe(caller: Caller | null): CorpusDescription {
    return this.database.read(() => {
      const embedder = this.spaces.describe();
      return {
        ...(caller === null ? this.countAll() : this.countReadable(caller)),
        generation: this.database.get<{ generation: number }>("SELECT generation FROM corpus")?.generation ?? 0,
        ...(embedder === undefined ? {} : { embedder }),
      };
    });
  }

  private version(): string {
    const row = this.database.get<{ revision: number }>("SELECT revision FROM corpus");
    return `${this.content.name}/${row?.revision ?? 0}`;
  }

  private countAll() {
    const count = (table: string) =>
      this.database.get<{ count: number }>(`SELECT count(*) AS count FROM ${table}`)?.count;
    return { documents: count("documents") ?? 0, passages: count("passages") ?? 0 };
  }

  private countReadable({ principal }: Caller) {
    if (this.memory.catchUp()) this.changed();
    const { access, documentCount, live } = this.memory.catalog;
    return {
      documents: documentCount - access.countUnreadable(principal),
      passages: (access.readable(principal) ?? live).count,
    };
  }

  /** Numbers of the documents. Belongs into a transaction, whose state of the record is then in memory. */
  private selected({ selection, caller }: RemoveRequest): readonly number[] {
    const numbers = this.numbersOf(selection);
    if (caller === undefined) return numbers;
    return numbers.filter((number) => mayRead(this.stored.readersOf(number), caller.principal));
  }

  private numbersOf(selection: RemoveRequest["selection"]): readonly number[] {
    const { filter } = selection;
    if (filter === undefined) return this.documents.numbersOf(selection.ids, selection.root);
    if (this.memory.catchUp()) this.changed();
    return this.memory.catalog.documentsWhere((metadata) => matchesFilter(filter, metadata));
  }

  /** What a change commits is in memory before it is acknowledged. */
  private change<Value>(write: () => Promise<Value>): Promise<Value> {
    return this.background.givingWay(async () => {
      const value = await write();
      this.catchUp();
      return value;
    });
  }

  /** What was read is of the content that the corpus names when it was read. @throws Superseded */
  private ofCurrent<Value>(read: () => Value): Value {
    const value = read();
    if (!this.content.isCurrent()) throw new Superseded();
    return value;
  }

  private lookForChanges(): void {
    try {
      if (!this.content.isCurrent()) throw new Superseded();
      this.catchUp();
    } catch (error) {
      this.failed(error);
    }
  }

  private removeOldContents(): void {
    try {
      removeOldContents(this.directory);
    } catch (error) {
      this.failed(error);
    }
  }

  private failed(error: unknown): void {
    if (error instanceof Superseded) this.events.superseded();
    else this.events.failed(error);
  }

  private catchUp(): void {
    this.database.read(() => {
      if (this.memory.catchUp()) this.changed();
    });
  }

  private changed(): void {
    this.background.wake();
    if (this.memory.mismatch !== undefined) return;
    const plan = this.spaces.plan(this.memory.growth);
    if (plan.work !== "none") this.events.due();
  }
}

async function done(work: Promise<unknown>): Promise<null> {
  await work;
  return null;
}
