import { type FSWatcher, watch } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import type { WorkloadEvents } from "./workload.ts";

/** Counts what the clients tell, and lets others wait for it. */
export class Tally implements WorkloadEvents {
  acknowledgedCount = 0;
  sentCount = 0;
  private readonly waiting = new Set<() => void>();

  sent(): void {
    this.sentCount += 1;
    this.wake();
  }

  acknowledged(): void {
    this.acknowledgedCount += 1;
    this.wake();
  }

  /** Resolves once so many more changes were acknowledged. */
  async moreAcknowledged(count: number): Promise<void> {
    await this.until(this.acknowledgedCount + count, () => this.acknowledgedCount);
  }

  /** Resolves once so many more changes were sent. */
  async moreSent(count: number): Promise<void> {
    await this.until(this.sentCount + count, () => this.sentCount);
  }

  private async until(goal: number, value: () => number): Promise<void> {
    while (value() < goal) await new Promise<void>((resolve) => this.waiting.add(resolve));
  }

  private wake(): void {
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }
}

/** Resolves after so many changes of the record's log. */
export async function recordWritten(directory: string, times: number): Promise<void> {
  let seen = 0;
  await fileEvent(directory, (name) => name === "corpus.sqlite-wal" && ++seen >= times, new AbortController().signal);
}

/** Resolves once an index file is being written or was, or the signal aborts. */
export function indexSaved(directory: string, signal: AbortSignal): Promise<void> {
  return fileEvent(directory, (name) => name.includes(".faiss"), signal);
}

/** Resolves while a space is being learned, or once the signal aborts. */
export async function spaceLearned(directory: string, signal: AbortSignal): Promise<void> {
  const record = new DatabaseSync(join(directory, "corpus.sqlite"), { readOnly: true });
  const building = record.prepare("SELECT 1 FROM spaces WHERE state = 'building'");
  await fileEvent(directory, () => building.get() !== undefined, signal);
  record.close();
}

async function fileEvent(directory: string, isIt: (name: string) => boolean, signal: AbortSignal): Promise<void> {
  let watcher: FSWatcher | undefined;
  await new Promise<void>((resolve, reject) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
    if (signal.aborted) resolve();
    watcher = watch(directory, (_event, name) => {
      try {
        if (name !== null && isIt(name)) resolve();
      } catch (error) {
        reject(error);
      }
    });
  });
  watcher?.close();
}

/** Sends the head of a PUT and half of its body; resolves once they are on their way. */
export async function halfPut(url: string, path: string): Promise<void> {
  const body = JSON.stringify({ text: "Half of this never comes. ".repeat(200) });
  const headers = { "content-type": "application/json", "content-length": String(body.length) };
  const sending = request(`${url}${path}`, { method: "PUT", headers });
  sending.on("error", () => undefined);
  await new Promise<void>((resolve) => sending.write(body.slice(0, body.length / 2), () => resolve()));
}

/** Any moment within so many milliseconds: a kill cares for nobody's progress. */
export async function anyMoment(withinMs: number, random: () => number): Promise<void> {
  await delay(withinMs * random());
}
