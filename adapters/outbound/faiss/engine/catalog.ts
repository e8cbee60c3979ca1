import type { Metadata } from "../../../../domain/document.ts";
import { Bitset } from "./bitset.ts";

/** Which passages there are, in memory: each has a slot, given in the order of the passages' numbers and never given again. */
export class Catalog {
  /** Slots of the passages that there are. */
  readonly live = new Bitset();
  private readonly passages: number[] = [];
  private readonly documents: number[] = [];
  private readonly slots = new Map<number, number>();
  private readonly metadata = new Map<number, { metadata: Metadata; passages: number }>();

  /** Slots that were ever given. */
  get slotCount(): number {
    return this.passages.length;
  }

  /** Sets a document's metadata; before its passages are added. */
  setDocument(document: number, metadata: Metadata): void {
    const known = this.metadata.get(document);
    if (known === undefined) this.metadata.set(document, { metadata, passages: 0 });
    else known.metadata = metadata;
  }

  addPassage(passage: number, document: number): number {
    const slot = this.passages.length;
    this.passages.push(passage);
    this.documents.push(document);
    this.slots.set(passage, slot);
    this.live.add(slot);
    const entry = this.metadata.get(document);
    if (entry !== undefined) entry.passages += 1;
    return slot;
  }

  /** The slot that the passage had; undefined where it had none. */
  removePassage(passage: number): number | undefined {
    const slot = this.slots.get(passage);
    if (slot === undefined) return undefined;
    this.slots.delete(passage);
    this.live.delete(slot);
    const document = this.documents[slot] ?? 0;
    const entry = this.metadata.get(document);
    if (entry !== undefined) {
      entry.passages -= 1;
      if (entry.passages === 0) this.metadata.delete(document);
    }
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
    return [...this.metadata].filter(([, { metadata }]) => passes(metadata)).map(([document]) => document);
  }

  /** Slots of the passages whose document's metadata pass. */
  select(passes: (metadata: Metadata) => boolean): Bitset {
    const selected = new Bitset();
    const verdicts = new Map<number, boolean>();
    for (const slot of this.live) {
      const document = this.documents[slot] ?? 0;
      let verdict = verdicts.get(document);
      if (verdict === undefined) {
        verdict = passes(this.metadata.get(document)?.metadata ?? {});
        verdicts.set(document, verdict);
      }
      if (verdict) selected.add(slot);
    }
    return selected;
  }
}
