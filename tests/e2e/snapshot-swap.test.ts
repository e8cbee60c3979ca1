import { beforeAll, describe, expect, it } from "vitest";
import { OWN_RUNTIME, type ServiceProcess, startServiceProcess } from "../support/service-process.ts";
import { EMBEDDERS, expectDone, FLEETS, type Fleet, type SnapshotScene, snapshotScene } from "./snapshot-fleets.ts";

const RESTORES = Number(process.env.PHAROS_TEST_RESTORES ?? 3);
const QUESTIONS = ["which boat carries herring", "boat number 7 of the fleet", "timber over the sea"];

describe.each(EMBEDDERS)("a service with a %s embedder, while snapshots are restored", (embedder) => {
  let scene: SnapshotScene;
  beforeAll(async () => {
    scene = await snapshotScene(embedder);
    return scene.close;
  });

  it.each([OWN_RUNTIME])(
    "fails no request on %s, answers each out of one content, and acknowledges nothing into one that was replaced",
    {
      timeout: 60_000 + RESTORES * 30_000,
    },
    async (runtime) => {
      const { environment, snapshots, run } = scene;
      const service = await startServiceProcess(runtime, { environment });
      const restore = async (fleet: Fleet) => {
        await expectDone(run(service.dataDirectory, "snapshot", "restore", snapshots[fleet]));
      };
      await restore("alpha");
      await searchedFrom(service, "alpha");
      const load = new Load(service);
      const clients = [load.search(), load.search(), load.generate()];
      for (let round = 1; round <= RESTORES; round++) {
        const fleet = FLEETS[round % 2] ?? "alpha";
        const putters = [new Putter(service, `put-${round}-one`), new Putter(service, `put-${round}-other`)];
        const puts = putters.map((putter) => putter.run());
        load.only = undefined;
        load.epoch += 1;
        await restore(fleet);
        const beforeReturn = putters.map(({ acknowledged }) => acknowledged);
        await searchedFrom(service, fleet);
        load.only = fleet;
        for (const putter of putters) putter.stopped = true;
        await Promise.all([...puts, load.more(30)]);
        for (const [index, putter] of putters.entries()) await expectOneSwap(putter, beforeReturn[index] ?? 0);
      }
      load.stopped = true;
      await Promise.all(clients);
      expect(load.seen).toEqual(new Set(FLEETS));
      expect(service.log.filter(({ level }) => level === "warn" || level === "error")).toEqual([]);
    },
  );
});

/** What was acknowledged before the swap went with the old content; all after it is in the new one, as is all that began after the command returned. */
async function expectOneSwap(putter: Putter, beforeReturn: number): Promise<void> {
  const there = await putter.there();
  const swap = there.indexOf(true);
  expect(there).toEqual(there.map((_, put) => swap >= 0 && put >= swap));
  // The put that was under way when the command returned may have been done before the swap.
  expect(there.slice(beforeReturn + 1)).not.toContain(false);
}

async function post(service: ServiceProcess, path: string, body: unknown) {
  const response = await fetch(`${service.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return JSON.parse(text);
}

interface FoundPassage {
  readonly text: string;
  /** Notes have none. */
  readonly metadata?: { readonly fleet: Fleet };
}

/** The fleets that one search finds boats of. */
async function fleetsFound(service: ServiceProcess, query: string): Promise<ReadonlySet<Fleet>> {
  const { passages } = await post(service, "/search", { query, top_k: 20, vector_search_type: "boats" });
  expect(passages).toHaveLength(20);
  return new Set((passages as FoundPassage[]).flatMap(({ metadata }) => metadata?.fleet ?? []));
}

/** Resolves once a search finds this fleet. */
async function searchedFrom(service: ServiceProcess, fleet: Fleet): Promise<void> {
  while (!(await fleetsFound(service, QUESTIONS[0] ?? "")).has(fleet));
}

/** Clients that ask without a pause until they are stopped, and check every answer. */
class Load {
  /** The only fleet that may be found from now on; undefined while there may be either. */
  only: Fleet | undefined;
  /** Grows whenever `only` stops to hold. */
  epoch = 0;
  stopped = false;
  answered = 0;
  readonly seen = new Set<Fleet>();
  private readonly service: ServiceProcess;
  private waiting: (() => void) | undefined;
  private wanted = 0;

  constructor(service: ServiceProcess) {
    this.service = service;
  }

  /** Resolves once so many more were answered. */
  async more(count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.wanted = this.answered + count;
    this.waiting = resolve;
    await promise;
  }

  search(): Promise<void> {
    return this.ask((question) => fleetsFound(this.service, question));
  }

  generate(): Promise<void> {
    return this.ask(async (prompt) => {
      const body = { prompt, llm_name: "extractive", vector_search_type: "boats" };
      const { response, citations } = await post(this.service, "/generate", body);
      const text = JSON.stringify([response, citations]);
      return new Set(FLEETS.filter((fleet) => text.includes(fleet)));
    });
  }

  private async ask(fleetsOf: (question: string) => Promise<ReadonlySet<Fleet>>): Promise<void> {
    for (let number = 0; !this.stopped; number++) {
      const { only, epoch } = this;
      const fleets = await fleetsOf(QUESTIONS[number % QUESTIONS.length] ?? "");
      expect([...fleets]).toHaveLength(1);
      if (only !== undefined && epoch === this.epoch) expect([...fleets]).toEqual([only]);
      for (const fleet of fleets) this.seen.add(fleet);
      this.answered += 1;
      if (this.answered >= this.wanted) this.waiting?.();
    }
  }
}

/** Puts one document after the other. */
class Putter {
  stopped = false;
  acknowledged = 0;
  private readonly service: ServiceProcess;
  private readonly name: string;

  constructor(service: ServiceProcess, name: string) {
    this.service = service;
    this.name = name;
  }

  async run(): Promise<void> {
    while (!this.stopped) {
      const response = await fetch(this.address(this.acknowledged), {
        method: "PUT",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ text: `A note ${this.acknowledged} of ${this.name}.` }),
      });
      expect(response.status, await response.text()).toBe(201);
      this.acknowledged += 1;
    }
  }

  /** Whether each of the documents that were acknowledged, in order, is there. */
  async there(): Promise<readonly boolean[]> {
    const there: boolean[] = [];
    for (let number = 0; number < this.acknowledged; number++) {
      const response = await fetch(this.address(number));
      await response.text();
      expect([200, 404]).toContain(response.status);
      there.push(response.status === 200);
    }
    return there;
  }

  private address(number: number): string {
    return `${this.service.url}/corpora/boats/documents/${this.name}-${number}`;
  }
}
