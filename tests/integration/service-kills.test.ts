import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { expectSearched, heldTexts } from "../support/kills/corpus-check.ts";
import { FolderMirror } from "../support/kills/folder-mirror.ts";
import { KilledService, killWithChildren } from "../support/kills/killed-service.ts";
import { anyMoment, halfPut, indexSaved, recordWritten, spaceLearned, Tally } from "../support/kills/moments.ts";
import { addressOf, ask } from "../support/kills/service-client.ts";
import { textOf } from "../support/kills/texts.ts";
import { CORPUS, Workload } from "../support/kills/workload.ts";
import { processEnd } from "../support/process-end.ts";
import type { Runtime } from "../support/service-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { randomNumbers } from "../support/vectors.ts";

const KILLS = Number(process.env.PHAROS_TEST_KILLS ?? 5);
const SEED = Number(process.env.PHAROS_TEST_SEED ?? 20261126);
const RUNTIME: Runtime = "Deno" in globalThis ? "deno" : "node";
const BULK = Array.from({ length: 6 }, (_, index) => `bulk/${index}`);

type Kind =
  | "acknowledgement"
  | "reply"
  | "body"
  | "compaction"
  | "start-up"
  | "engine"
  | "command"
  | "command and service";

/** What is killed when: each once, and then by chance, those twice as often that take little time. */
const KINDS: readonly Kind[] = [
  "acknowledgement",
  "command",
  "engine",
  "compaction",
  "start-up",
  "body",
  "command and service",
  "reply",
];

const QUICK_KINDS: readonly Kind[] = ["acknowledgement", "engine", "body", "reply"];

describe("The service, its engines and the command line, killed at any moment", () => {
  it(`lose nothing that they acknowledged, and nothing that was deleted comes back, ${KILLS} times over`, {
    timeout: 60_000 + KILLS * 20_000,
  }, async () => {
    const random = randomNumbers(SEED);
    const scene = await Scene.open(random);
    const counts: Partial<Record<Kind, number>> = {};
    for (let kill = 0; kill < KILLS; kill++) {
      const chances = [...KINDS, ...QUICK_KINDS];
      const kind = chances[kill < KINDS.length ? kill : Math.floor(random() * chances.length)] ?? "reply";
      counts[kind] = (counts[kind] ?? 0) + 1;
      try {
        await scene.play(kind);
      } catch (error) {
        throw new Error(`Kill ${kill}, at a moment of the kind ${kind}, with the seed ${SEED}`, { cause: error });
      }
    }
    await scene.complete();
    const { sentCount, acknowledgedCount } = scene.tally;
    expect(acknowledgedCount).toBeGreaterThan(KILLS);
    process.stdout.write(`${JSON.stringify({ kills: KILLS, sentCount, acknowledgedCount, ...counts })}\n`);
  });
});

/** The service under kills, the clients that change its documents, and the folder that the command line mirrors. */
class Scene {
  readonly tally = new Tally();
  private readonly service: KilledService;
  private readonly workload = new Workload(SEED);
  private readonly mirror: FolderMirror;
  private readonly random: () => number;
  private startMs = 1_000;
  private commandMs = 1_500;

  private constructor(service: KilledService, mirror: FolderMirror, random: () => number) {
    this.service = service;
    this.mirror = mirror;
    this.random = random;
  }

  static async open(random: () => number): Promise<Scene> {
    const service = await KilledService.start(RUNTIME);
    const mirror = new FolderMirror("learned", await temporaryFolder(), RUNTIME, service.environment, SEED);
    const scene = new Scene(service, mirror, random);
    await mkdir(join(service.dataDirectory, CORPUS), { recursive: true });
    await scene.complete();
    return scene;
  }

  async play(kind: Kind): Promise<void> {
    if (kind === "engine") await this.killEngine();
    else if (kind === "command" || kind === "command and service") await this.killCommand(kind !== "command");
    else if (kind === "start-up") await this.killStart();
    else await this.killService(kind);
    await this.expectClients();
  }

  /** Lets the command line bring the folder into its corpus, to the end. */
  async complete(): Promise<void> {
    await this.mirror.change();
    const begun = performance.now();
    const { code, output } = await this.mirror.begin("sync").ended;
    this.commandMs = performance.now() - begun;
    expect(code, output).toBe(0);
    await this.expectFolder(true);
  }

  private async killService(kind: "acknowledgement" | "reply" | "body" | "compaction"): Promise<void> {
    await this.whileClientsChange(async () => {
      if (kind === "compaction") await this.removeMuch();
      else if (kind === "acknowledgement") await this.tally.moreAcknowledged(this.upTo(40));
      else await this.tally.moreSent(this.upTo(40));
      if (kind === "reply") await anyMoment(25, this.random);
      if (kind === "body") await halfPut(this.service.url, addressOf(CORPUS, "half"));
      await this.service.kill();
    });
    await this.restart();
  }

  /** Lets clients change documents until the work is done. @throws what a client or the work throws first */
  private async whileClientsChange(work: () => Promise<void>): Promise<void> {
    const stop = new AbortController();
    const changing = this.workload.run(this.service.url, this.tally, stop.signal);
    await Promise.race([work(), changing.then(() => new Promise<never>(() => undefined))]).finally(() => stop.abort());
    await changing;
  }

  /** Puts and removes enough to have the record give space back, and waits until it writes. */
  private async removeMuch(): Promise<void> {
    const put = (id: string) =>
      ask(this.service.url, "PUT", addressOf(CORPUS, id), { text: textOf(id, 48), metadata: { bulk: true } });
    for (const id of BULK) expect((await put(id)).status).toBe(201);
    const path = `/corpora/${CORPUS}/delete`;
    expect(await ask(this.service.url, "POST", path, { filter: { bulk: true } })).toMatchObject({
      body: { removed: BULK.length },
    });
    await recordWritten(join(this.service.dataDirectory, CORPUS), this.upTo(12));
  }

  /** Kills it at work, and once more while it starts. */
  private async killStart(): Promise<void> {
    await this.whileClientsChange(async () => {
      await this.tally.moreAcknowledged(this.upTo(10));
      await this.service.kill();
    });
    await this.service.startAndKill(() => anyMoment(this.startMs, this.random));
    await this.restart();
  }

  /** Kills the engines of a service that goes on: no change may fail of it. */
  private async killEngine(): Promise<void> {
    await this.whileClientsChange(async () => {
      await this.tally.moreSent(this.upTo(30));
      await anyMoment(20, this.random);
      const engines = await this.service.engines();
      expect(engines.length).toBeGreaterThan(0);
      for (const pid of engines) process.kill(pid, "SIGKILL");
      await Promise.all(engines.map(processEnd));
      await this.tally.moreAcknowledged(10);
    });
    expect(this.workload.unanswered).toBe(0);
  }

  /** Kills the command line while it reads, learns a space or saves an index, while clients change another corpus. */
  private async killCommand(withService: boolean): Promise<void> {
    await this.whileClientsChange(async () => {
      await this.mirror.change();
      const { child, ended } = this.mirror.begin(this.random() < 0.7 ? "sync" : "ingest");
      const over = new AbortController();
      void ended.then(() => over.abort());
      const directory = join(this.service.dataDirectory, this.mirror.corpus);
      const chance = this.random();
      if (chance < 0.25) await spaceLearned(directory, over.signal);
      else if (chance < 0.5) await indexSaved(directory, over.signal);
      else await Promise.race([anyMoment(this.commandMs, this.random), ended]);
      if (!over.signal.aborted) await killWithChildren(child);
      await ended;
      if (withService) await this.service.kill();
    });
    if (withService) await this.restart();
    await this.expectFolder(false);
  }

  private async restart(): Promise<void> {
    const begun = performance.now();
    await this.service.start();
    this.startMs = performance.now() - begun;
  }

  private async expectClients(): Promise<void> {
    const { url } = this.service;
    const held = await heldTexts(url, CORPUS, [...this.workload.ids, ...BULK, "half"]);
    expect([...held.keys()].filter((id) => !this.workload.ids.includes(id))).toEqual([]);
    await expectSearched(url, CORPUS, held, this.workload.settle(held));
  }

  private async expectFolder(isComplete: boolean): Promise<void> {
    const { url } = this.service;
    const held = await heldTexts(url, this.mirror.corpus, this.mirror.ids);
    await expectSearched(url, this.mirror.corpus, held, this.mirror.settle(held, isComplete));
  }

  private upTo(most: number): number {
    return 1 + Math.floor(this.random() * most);
  }
}
