import type { Metadata, Readers } from "../../../../domain/document.ts";
import { Access } from "./access.ts";
import { Bitset } from "./bitset.ts";

interface KnownDocument {
  metadata: Metadata;
  /** Of its passages, in no order. */
  readonly slots: number[];
}

/** Which passages there are, in memory: each has a slot, given in the order of the passages' numbers and never given again. */
export class Catalog {
  /** Slots of the passages that there are. */
  readonly live = new Bitset();
  private readonly passages: number[] = [];
  private readonly documents: number[] = [];
  private readonly slots = new Map<number, number>();
  private readonly known = new Map<number, KnownDocument>();
  /** Who may read the passages. */
  readonly access = new Access((document) => this.known.get(document)?.slots ?? []);

  /** Slots that were ever given. */
  get slotCount(): number {
    return this.passages.length;
  }

  /** Documents that have passages. */
  get documentCount(): number {
    return this.known.size;
  }

  /** Sets a document's metadata and readers; before its passages are added. */
  setDocument(document: number, metadata: Metadata, readers: Readers | undefined): void {
    const known = this.known.get(document);
    if (known === undefined) this.known.set(document, { metadata, slots: [] });
    else known.metadata = metadata;
    this.access.set(document, readers);
  }

  addPassage(passage: number, document: number): number {
    const slot = this.passages.length;
    this.passages.push(passage);
    this.documents.push(document);
    this.slots.set(passage, slot);
    this.live.add(slot);
    this.known.get(document)?.slots.push(slot);
    this.access.addPassage(slot, document);
    return slot;
  }

  /** The slot that the passage had; undefined where it had none. */
  removePassage(passage: number): number | undefined {
    const slot = this.slots.get(passage);
    if (slot === undefined) return undefined;
    this.slots.delete(passage);
    this.live.delete(slot);
    this.access.removePassage(slot);
    this.removeFromDocument(slot, this.documents[slot] ?? 0);
    return slot;
  }

  slotOf(passage: number): number | undefined {
    return this.slots.get(passage);
  }

  /** Number of the passage that has or had the slot. */
  passageAt(slot: number): number {
    return this.passages[slot] ?? 0;
  }

  /** How many passages have a number above this one. */
  countAbove(passage: number): number {
    let count = 0;
    for (let slot = this.passages.length - 1; slot >= 0 && this.passageAt(slot) > passage; slot--) {
      if (this.live.has(slot)) count += 1;
    }
    return count;
  }

  /** Numbers of the documents whose metadata pass. */
  documentsWhere(passes: (metadata: Metadata) => boolean): readonly number[] {
    return [...this.known].filter(([, { metadata }]) => passes(metadata)).map(([document]) => document);
  }

  /** Slots of the passages whose document's metadata pass. */
  select(passes: (metadata: Metadata) => boolean): Bitset {
    const selected = new Bitset();
    const verdicts = new Map<number, boolean>();
    for (const slot of this.live) {
      const document = this.documents[slot] ?? 0;
      let verdict = verdicts.get(document);
      if (verdict === undefined) {
        verdict = passes(this.known.get(document)?.metadata ?? {});
        verdicts.set(document, verdict);
      }
      if (verdict) selected.add(slot);
    }
    return selected;
  }

  private removeFromDocument(slot: number, document: number): void {
    const slots = this.known.get(document)?.slots ?? [];
    const last = slots.pop();
    if (last !== undefined && last !== slot) slots[slots.indexOf(slot)] = last;
    if (slots.length > 0) return;
    this.known.delete(document);
    this.access.forget(document);
  }
}
