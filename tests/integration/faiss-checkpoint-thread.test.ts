import { statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { CheckpointThread } from "../../adapters/outbound/faiss/engine/checkpoint-thread.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const MEGABYTE = 1 << 20;

/** A record whose own connection never copies its log, and a thread that only copies when it is asked to. */
async function open() {
  const path = join(await temporaryFolder(), "corpus.sqlite");
  const connection = new DatabaseSync(path);
  connection.exec("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE texts (text TEXT)");
  const commit = (bytes: number) => connection.prepare("INSERT INTO texts VALUES (?)").run("x".repeat(bytes));
  const thread = new CheckpointThread({ path, copiedFrom: 1_024 * MEGABYTE });
  onTestFinished(async () => {
    await thread.close();
    connection.close();
  });
  return { thread, commit, fileBytes: () => statSync(path).size, logBytes: () => statSync(`${path}-wal`).size };
}

describe("CheckpointThread", () => {
  it("copies a log that is too long before the next commit, which begins it anew", async () => {
    const { thread, commit, fileBytes, logBytes } = await open();
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
    const { thread, commit, fileBytes } = await open();
    await thread.room(1);
    const before = fileBytes();
    commit(MEGABYTE);
    thread.committed();
    for (let count = 0; count < 20; count++) await thread.room(2 * MEGABYTE);
    await thread.close();
    expect(fileBytes()).toBe(before);
  });

  it("has no commit wait for a thread that has ended", async () => {
    const { thread, commit } = await open();
    commit(MEGABYTE);
    thread.committed();
    let waits = false;
    let waiting = Promise.resolve();
    while (!waits) {
      waits = true;
      waiting = thread.room(1).finally(() => {
        waits = false;
      });
      await nextTurn();
    }
    await thread.close();
    await waiting;
  });
});
