import { type Filter, matchesFilter } from "../../../../domain/filter.ts";
import type { Bitset } from "./bitset.ts";
import type { CorpusMemory } from "./corpus-memory.ts";

const MAX_REMEMBERED = 32;

/** The passages that filters let through, remembered until the corpus changes. */
export class FilterCache {
  private readonly memory: CorpusMemory;
  private readonly remembered = new Map<string, Bitset>();
  private revision = -1;

  constructor(memory: CorpusMemory) {
    this.memory = memory;
  }

  /** Slots of exactly the passages whose document's metadata satisfy the filter. */
  select(filter: Filter): Bitset {
    if (this.revision !== this.memory.revision) this.remembered.clear();
    this.revision = this.memory.revision;
    const key = JSON.stringify(filter);
    const selected =
      this.remembered.get(key) ?? this.memory.catalog.select((metadata) => matchesFilter(filter, metadata));
    this.remembered.delete(key);
    this.remembered.set(key, selected);
    const [oldest] = this.remembered.keys();
    if (this.remembered.size > MAX_REMEMBERED && oldest !== undefined) this.remembered.delete(oldest);
    return selected;
  }
}
