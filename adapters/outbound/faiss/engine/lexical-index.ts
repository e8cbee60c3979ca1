import type { Hit } from "./faiss-index.ts";
import type { PassageTerms, QueryTerm } from "./passage-terms.ts";
import { grown, PostingLists } from "./posting-lists.ts";
import { TopHits } from "./top-hits.ts";

/** How soon a repeated term counts no more, and how far a long passage is held back: Lucene's defaults, which measured best. */
const K1 = 1.2;
const B = 0.75;

const INITIAL_ORDINALS = 1024;
const DEAD = 0xffffffff;
const MIN_DEAD_TO_COMPACT = 4096;

/**
 * BM25 over passages in memory, with Lucene's idf ln(1 + (N - n + 0.5) / (n + 0.5)), which is never negative
 * (Robertson & Zaragoza 2009, https://doi.org/10.1561/1500000019). Passages come and go one by one; document frequencies
 * and the average length are always exactly those of the passages that are there.
 *
 * A passage gets an ordinal that no other one gets after it, so that the postings of a removed one may wait: a list
 * drops them when it is searched next, and all lists do once a third of the ordinals is dead.
 */
export class LexicalIndex {
  private lists = new PostingLists();
  private readonly ordinals = new Map<number, number>();
  /** By ordinal: the passage's slot, or DEAD; its length; the score that the search under way has given it. */
  private slots = new Uint32Array(INITIAL_ORDINALS);
  private lengths = new Float64Array(INITIAL_ORDINALS);
  private scores = new Float64Array(INITIAL_ORDINALS);
  private nextOrdinal = 0;
  private totalLength = 0;
  private removals = 0;

  /** Passages that are there. */
  get size(): number {
    return this.ordinals.size;
  }

  /** Adds a passage under its slot, an integer from 0 to 2^32 - 2. @throws RangeError where the slot is taken. */
  add(slot: number, terms: PassageTerms): void {
    if (this.ordinals.has(slot)) throw new RangeError(`Slot ${slot} is taken`);
    if (this.nextOrdinal === this.slots.length) this.grow();
    const ordinal = this.nextOrdinal++;
    this.ordinals.set(slot, ordinal);
    this.slots[ordinal] = slot;
    this.lengths[ordinal] = terms.length;
    this.totalLength += terms.length;
    for (let index = 0; index < terms.fingerprints.length; index++) {
      this.lists.append(terms.fingerprints[index] ?? 0, ordinal, terms.frequencies[index] ?? 1);
    }
  }

  /** Removes the passage of a slot, which may then be used again; false where there is none. */
  remove(slot: number): boolean {
    const ordinal = this.ordinals.get(slot);
    if (ordinal === undefined) return false;
    this.ordinals.delete(slot);
    this.slots[ordinal] = DEAD;
    this.totalLength -= this.lengths[ordinal] ?? 0;
    this.removals += 1;
    const dead = this.nextOrdinal - this.size;
    if (dead >= MIN_DEAD_TO_COMPACT && 3 * dead > this.nextOrdinal) this.compact();
    return true;
  }

  /**
   * The best `limit` passages that share a term with the query, among those whose slots are allowed, best first, equal
   * scores by lower slot; scores are above 0 and have no upper bound.
   */
  search(query: readonly QueryTerm[], limit: number, allowed: (slot: number) => boolean = () => true): Hit[] {
    const found: number[] = [];
    for (const { fingerprint, weight } of query) this.score(fingerprint, weight, found);
    const hits = new TopHits(limit);
    for (const ordinal of found) {
      const score = this.scores[ordinal] ?? 0;
      this.scores[ordinal] = 0;
      const slot = this.slots[ordinal] ?? DEAD;
      if (allowed(slot)) hits.offer(slot, score);
    }
    return hits.sorted();
  }

  /** What a passage would score at most that had nothing but the query's terms, without end; 0 for a query without terms. */
  ceiling(query: readonly QueryTerm[]): number {
    return query.reduce((sum, { fingerprint, weight }) => {
      const term = this.lists.find(fingerprint);
      const documents = term < 0 ? 0 : this.lists.postings(term).length;
      return sum + weight * this.inverseFrequency(documents) * (K1 + 1);
    }, 0);
  }

  /** Share of the distinct terms that a passage has whose slot is old; 1 where there are no terms. */
  familiarity({ fingerprints }: PassageTerms, isOld: (slot: number) => boolean): number {
    const known = fingerprints.filter((fingerprint) => {
      const slot = this.oldestSlot(fingerprint);
      return slot !== undefined && isOld(slot);
    });
    return fingerprints.length === 0 ? 1 : known.length / fingerprints.length;
  }

  /** Slot of the first living passage, in the order in which they came, that has the term. */
  private oldestSlot(fingerprint: number): number | undefined {
    const term = this.lists.find(fingerprint);
    if (term < 0) return undefined;
    for (const posting of this.lists.postings(term)) {
      const slot = this.slots[posting >>> 8] ?? DEAD;
      if (slot !== DEAD) return slot;
    }
    return undefined;
  }

  /** Adds what a term is worth to the scores of the passages that have it, and to `found` those that had none. */
  private score(fingerprint: number, weight: number, found: number[]): void {
    const term = this.lists.find(fingerprint);
    if (term < 0) return;
    const { slots, lengths, scores } = this;
    this.lists.retain(term, this.removals + 1, (ordinal) => slots[ordinal] !== DEAD);
    const postings = this.lists.postings(term);
    const worth = weight * this.inverseFrequency(postings.length) * (K1 + 1);
    const lengthFactor = (K1 * B * this.size) / Math.max(1, this.totalLength);
    for (let index = 0; index < postings.length; index++) {
      const posting = postings[index] ?? 0;
      const ordinal = posting >>> 8;
      const frequency = posting & 255;
      const before = scores[ordinal] ?? 0;
      if (before === 0) found.push(ordinal);
      scores[ordinal] =
        before + (worth * frequency) / (frequency + K1 * (1 - B) + lengthFactor * (lengths[ordinal] ?? 0));
    }
  }

  /** Lucene's idf of a term that so many passages have. */
  private inverseFrequency(documents: number): number {
    return Math.log(1 + (this.size - documents + 0.5) / (documents + 0.5));
  }

  private grow(): void {
    const length = 2 * this.slots.length;
    this.slots = grown(this.slots, length);
    this.lengths = grown(this.lengths, length);
    this.scores = grown(this.scores, length);
  }

  /** Numbers the living passages anew, in the same order, and packs their postings. */
  private compact(): void {
    const next = new Uint32Array(this.nextOrdinal);
    let living = 0;
    for (let ordinal = 0; ordinal < this.nextOrdinal; ordinal++) {
      const slot = this.slots[ordinal] ?? DEAD;
      next[ordinal] = slot === DEAD ? DEAD : living;
      if (slot === DEAD) continue;
      this.slots[living] = slot;
      this.lengths[living] = this.lengths[ordinal] ?? 0;
      this.ordinals.set(slot, living);
      living += 1;
    }
    const packed = new PostingLists();
    for (const { fingerprint, term } of this.lists.entries()) {
      for (const posting of this.lists.postings(term)) {
        const ordinal = next[posting >>> 8] ?? DEAD;
        if (ordinal !== DEAD) packed.append(fingerprint, ordinal, posting & 255);
      }
    }
    this.lists = packed;
    this.nextOrdinal = living;
  }
}
