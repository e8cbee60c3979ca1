import { statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { CheckpointThread } from "../../adapters/outbound/faiss/engine/checkpoint-thread.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const MEGABYTE = 1 << 20;

/** A record whose own connection never copies its log, and a thread that copies only so much without being asked to. */
async function open(copiedFrom: number) {
  const path = join(await temporaryFolder(), "corpus.sqlite");
  const connection = new DatabaseSync(path);
  connection.exec("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE texts (text TEXT)");
  const commit = (bytes: number) => connection.prepare("INSERT INTO texts VALUES (?)").run("x".repeat(bytes));
  const thread = new CheckpointThread({ path, copiedFrom });
  onTestFinished(async () => {
    await thread.close();
    connection.close();
  });
  return { thread, commit, fileBytes: () => statSync(path).size, logBytes: () => statSync(`${path}-wal`).size };
}

/** The same, with a thread that has begun and copies nothing without being asked to. */
async function openBegun() {
  const opened = await open(1_024 * MEGABYTE);
  await opened.thread.room(0);
  return opened;
}

describe("CheckpointThread", () => {
  it("begins once there is as much to copy, and copies it", async () => {
    const { thread, commit, fileBytes } = await open(2 * MEGABYTE);
    commit(MEGABYTE);
    thread.committed();
    await delay(200);
    // Nobody has looked at the log.
    expect(await isOver(thread.room(1))).toBe(true);
    commit(MEGABYTE);
    thread.committed();
    await vi.waitFor(() => expect(fileBytes()).toBeGreaterThan(2 * MEGABYTE));
  });

  it("copies a log that is too long before the next commit, which begins it anew", async () => {
    const { thread, commit, fileBytes, logBytes } = await openBegun();
    commit(3 * MEGABYTE);
    thread.committed();
    const longest = logBytes();
    await vi.waitFor(async () => {
      await thread.room(MEGABYTE);
      expect(fileBytes()).toBeGreaterThan(3 * MEGABYTE);
    });
    commit(2 * MEGABYTE);
    expect(logBytes()).toBe(longest);
  });

  it("has no commit wait where the log is short, and copies none of it", async () => {
    const { thread, commit, fileBytes } = await openBegun();
    await thread.room(1);
    commit(MEGABYTE);
    thread.committed();
    const before = fileBytes();
    let after = 0;
    const waiting = await untilLooked(thread, () => {
      after = fileBytes();
    });
    expect(after).toBe(before);
    await waiting.copied;
    expect(fileBytes()).toBeGreaterThan(before);
    await thread.room(1);
  });

  it("has no commit wait for a thread that has ended", async () => {
    const { thread, commit } = await openBegun();
    commit(MEGABYTE);
    thread.committed();
    const { copied } = await untilLooked(thread, () => undefined);
    await thread.close();
    await copied;
  });
});

/** Asks for room again and again, until the thread has looked at the log and copies it; `look` is called before each time. */
async function untilLooked(thread: CheckpointThread, look: () => void): Promise<{ readonly copied: Promise<void> }> {
  for (;;) {
    look();
    const copied = thread.room(1);
    if (!(await isOver(copied))) return { copied };
  }
}

/** Whether it ends within this turn of the event loop. */
async function isOver(work: Promise<void>): Promise<boolean> {
  let over = false;
  void work.finally(() => {
    over = true;
  });
  await nextTurn();
  return over;
}
