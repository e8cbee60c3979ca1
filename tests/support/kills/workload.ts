import { expect } from "vitest";
import { randomNumbers } from "../vectors.ts";
import type { Texts } from "./corpus-check.ts";
import { addressOf, type Reply, send } from "./service-client.ts";
import { textOf } from "./texts.ts";

const CLIENTS = 4;
const IDS_PER_CLIENT = 7;
const BATCHES = 3;
export const CORPUS = "words";

interface Content {
  readonly text: string;
  readonly batch: number;
}

type State = ReadonlyMap<string, Content>;

interface Change {
  readonly method: "PUT" | "DELETE" | "POST";
  readonly path: string;
  readonly body?: unknown;
  /** What the client's documents are once it is done. */
  readonly after: State;
  readonly expected: (reply: Reply) => void;
}

/** What clients tell of their changes while these go on. */
export interface WorkloadEvents {
  sent(): void;
  acknowledged(): void;
}

/** Clients that change documents of their own, all at once, each one change after the other, and know what was acknowledged. */
export class Workload {
  private readonly clients: readonly WorkloadClient[];

  constructor(seed: number) {
    this.clients = Array.from({ length: CLIENTS }, (_, number) => new WorkloadClient(number, seed));
  }

  /** Ids that the clients may have put. */
  get ids(): readonly string[] {
    return this.clients.flatMap(({ ids }) => ids);
  }

  /** How many changes got no answer yet. */
  get unanswered(): number {
    return this.clients.filter(({ isWaiting }) => isWaiting).length;
  }

  /** Changes the corpus until the signal aborts, or the service is gone. */
  async run(url: string, events: WorkloadEvents, stop: AbortSignal): Promise<void> {
    await Promise.all(this.clients.map((client) => client.run(url, events, stop)));
  }

  /** Takes note of what the corpus really holds; returns the texts that are gone. @throws where that is not what was acknowledged, or what a change under way makes of it */
  settle(held: Texts): readonly string[] {
    return this.clients.flatMap((client) => client.settle(held));
  }
}

class WorkloadClient {
  readonly ids: readonly string[];
  private readonly name: string;
  private readonly random: () => number;
  private acknowledged: State = new Map();
  private pending: State | undefined;
  private readonly gone = new Set<string>();
  private version = 0;

  constructor(number: number, seed: number) {
    this.name = `client${number}`;
    this.ids = Array.from({ length: IDS_PER_CLIENT }, (_, index) => `${this.name}/document ${index}.md`);
    this.random = randomNumbers(seed * CLIENTS + number);
  }

  get isWaiting(): boolean {
    return this.pending !== undefined;
  }

  async run(url: string, events: WorkloadEvents, stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const change = this.nextChange();
      this.pending = change.after;
      const reply = send(url, change.method, change.path, change.body);
      events.sent();
      const answered = await reply;
      if (answered === undefined) return;
      change.expected(answered);
      this.become(change.after);
      events.acknowledged();
    }
  }

  settle(held: Texts): readonly string[] {
    const { acknowledged, pending = acknowledged } = this;
    const own = new Map(this.ids.flatMap((id) => (held.has(id) ? [[id, held.get(id) ?? ""] as const] : [])));
    const state = [acknowledged, pending].find((one) => isAlike(one, own));
    expect(
      state,
      `${this.name} holds neither what was acknowledged nor what its last change makes of it`,
    ).toBeDefined();
    if (state !== undefined) this.become(state);
    const gone = [...this.gone];
    this.gone.clear();
    return gone;
  }

  private become(state: State): void {
    for (const [id, { text }] of this.acknowledged) if (state.get(id)?.text !== text) this.gone.add(text);
    this.acknowledged = state;
    this.pending = undefined;
  }

  private nextChange(): Change {
    const kind = this.random();
    if (kind < 0.6) return this.putting();
    if (kind < 0.75) return this.deleting();
    return kind < 0.9 ? this.deletingByFilter() : this.deletingByIds();
  }

  private putting(): Change {
    const id = this.anyId();
    const batch = this.below(BATCHES);
    const content = { text: this.newText(1 + this.below(4)), batch };
    const before = this.acknowledged.has(id);
    return {
      method: "PUT",
      path: addressOf(CORPUS, id),
      body: { text: content.text, metadata: { client: this.name, batch } },
      after: new Map([...this.acknowledged, [id, content]]),
      expected: ({ status, body }) => expect(status, JSON.stringify(body)).toBe(before ? 200 : 201),
    };
  }

  private deleting(): Change {
    const id = this.anyId();
    const before = this.acknowledged.has(id);
    return {
      method: "DELETE",
      path: addressOf(CORPUS, id),
      after: this.without((other) => other === id),
      expected: ({ status, body }) => expect(status, JSON.stringify(body)).toBe(before ? 204 : 404),
    };
  }

  private deletingByFilter(): Change {
    const batch = this.below(BATCHES);
    const after = this.without((_id, content) => content.batch === batch);
    return this.removal({ filter: { client: this.name, batch } }, after);
  }

  private deletingByIds(): Change {
    const ids = [this.anyId(), this.anyId()];
    return this.removal(
      { ids },
      this.without((id) => ids.includes(id)),
    );
  }

  private removal(body: unknown, after: State): Change {
    const removed = this.acknowledged.size - after.size;
    return {
      method: "POST",
      path: `/corpora/${CORPUS}/delete`,
      body,
      after,
      expected: (reply) => expect(reply).toMatchObject({ status: 200, body: { removed } }),
    };
  }

  private without(goes: (id: string, content: Content) => boolean): State {
    return new Map([...this.acknowledged].filter(([id, content]) => !goes(id, content)));
  }

  /** A text of its own words, that says whose it is. */
  private newText(paragraphs: number): string {
    this.version += 1;
    return textOf(`${this.name}v${this.version}`, paragraphs);
  }

  private anyId(): string {
    return this.ids[this.below(IDS_PER_CLIENT)] ?? "";
  }

  private below(limit: number): number {
    return Math.floor(this.random() * limit);
  }
}

function isAlike(state: State, held: Texts): boolean {
  return state.size === held.size && [...state].every(([id, { text }]) => held.get(id) === text);
}
