import type { Readers } from "../../../../domain/document.ts";
import type { Principal } from "../../../../domain/principal.ts";
import { Bitset } from "./bitset.ts";

/** Principals, told apart by what they may read, whose passages are remembered until something changes. */
const MAX_REMEMBERED = 128;

/** Where a document's passages are. */
type SlotsOf = (document: number) => readonly number[];

/**
 * Who may read which passages, as `mayRead` says it, without a look at every document: what everybody may read is one set,
 * and what a reader may read besides is found by the reader's name.
 */
export class Access {
  private readonly slotsOf: SlotsOf;
  /** Slots of the passages that everybody may read. */
  private readonly open = new Bitset();
  /** Readers of the documents that have some. */
  private readonly restricted = new Map<number, ReadonlySet<string>>();
  /** Documents that a reader is named in. */
  private readonly documents = new Map<string, Set<number>>();
  private readonly remembered = new Map<string, Bitset>();

  constructor(slotsOf: SlotsOf) {
    this.slotsOf = slotsOf;
  }

  /** Sets a document's readers, everybody where undefined: for its passages that are there, and those to come. */
  set(document: number, readers: Readers | undefined): void {
    this.forget(document);
    for (const slot of this.slotsOf(document)) {
      if (readers === undefined) this.open.add(slot);
      else this.open.delete(slot);
    }
    if (readers === undefined) return;
    const names = new Set([...readers.users.map(nameOfUser), ...readers.groups.map(nameOfGroup)]);
    this.restricted.set(document, names);
    for (const name of names) {
      const named = this.documents.get(name) ?? new Set();
      this.documents.set(name, named.add(document));
    }
  }

  /** Forgets who reads a document. */
  forget(document: number): void {
    this.remembered.clear();
    for (const name of this.restricted.get(document) ?? []) {
      const named = this.documents.get(name);
      named?.delete(document);
      if (named?.size === 0) this.documents.delete(name);
    }
    this.restricted.delete(document);
  }

  addPassage(slot: number, document: number): void {
    this.remembered.clear();
    if (!this.restricted.has(document)) this.open.add(slot);
  }

  removePassage(slot: number): void {
    this.remembered.clear();
    this.open.delete(slot);
  }

  /** Slots that the principal, or nobody known, may read; undefined where these are all. The same set until something changes: not to be changed. */
  readable(principal: Principal | undefined): Bitset | undefined {
    if (this.restricted.size === 0) return undefined;
    const names = this.namesOf(principal);
    if (names.length === 0) return this.open;
    const key = JSON.stringify(names);
    const readable = this.remembered.get(key) ?? this.gather(names);
    this.remembered.delete(key);
    this.remembered.set(key, readable);
    const [oldest] = this.remembered.keys();
    if (this.remembered.size > MAX_REMEMBERED && oldest !== undefined) this.remembered.delete(oldest);
    return readable;
  }

  /** How many of the documents that have readers the principal, or nobody known, may not read. */
  countUnreadable(principal: Principal | undefined): number {
    return this.restricted.size - this.documentsOf(this.namesOf(principal)).size;
  }

  /** Names of the principal that some document knows, in an order of their own: all else tells principals not apart. */
  private namesOf(principal: Principal | undefined): readonly string[] {
    if (principal === undefined) return [];
    const names = new Set([nameOfUser(principal.userId), ...principal.groups.map(nameOfGroup)]);
    return [...names].filter((name) => this.documents.has(name)).sort();
  }

  private documentsOf(names: readonly string[]): ReadonlySet<number> {
    return new Set(names.flatMap((name) => [...(this.documents.get(name) ?? [])]));
  }

  private gather(names: readonly string[]): Bitset {
    const readable = this.open.copy();
    for (const document of this.documentsOf(names)) {
      for (const slot of this.slotsOf(document)) readable.add(slot);
    }
    return readable;
  }
}

/** A user and a group of one id have two names. */
function nameOfUser(id: string): string {
  return `user ${id}`;
}

function nameOfGroup(id: string): string {
  return `group ${id}`;
}
