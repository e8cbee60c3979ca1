import { copyFileSync, mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import { Database } from "../../adapters/outbound/faiss/engine/database.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const MEGABYTE = 1 << 20;

async function open() {
  const directory = await temporaryFolder();
  const path = join(directory, "corpus.sqlite");
  // The next one writes nothing of its own.
  await (await Database.open(path)).close();
  const database = await Database.open(path);
  onTestFinished(() => database.close());
  const put = (token: string, report = "") =>
    database.write(() =>
      database.run("INSERT INTO receipts (token, generation, report) VALUES (?, 1, ?)", token, report),
    );
  return { directory, path, log: `${path}-wal`, database, put };
}

/** Tokens in the file alone, without its log. */
function tokensInFile(path: string, directory: string): unknown[] {
  const copy = join(directory, "copy.sqlite");
  copyFileSync(path, copy);
  const record = new DatabaseSync(copy);
  try {
    return record
      .prepare("SELECT token FROM receipts ORDER BY token")
      .all()
      .map(({ token }) => token);
  } finally {
    record.close();
  }
}

describe("The record's database", () => {
  it("acknowledges writes that come at once when all are there", async () => {
    const { database, put } = await open();
    const tokens = Array.from({ length: 20 }, (_, index) => `token ${index + 10}`);
    await Promise.all(tokens.map((token) => put(token)));
    expect(database.all("SELECT token FROM receipts ORDER BY token")).toEqual(
      tokens.map((token) => expect.objectContaining({ token })),
    );
  });

  it("goes on after a write that fails, and keeps nothing of it", async () => {
    const { database, put } = await open();
    const outcomes = await Promise.allSettled([put("one"), put("one"), put("two")]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(database.get("SELECT count(*) AS count FROM receipts")).toMatchObject({ count: 2 });
  });

  it("copies what it has written into its file before it says so where it cannot have the log on disk", async () => {
    const { directory, path, log, put } = await open();
    rmSync(log);
    // Else the thread that copies the log would make another one.
    mkdirSync(log);
    await Promise.all(
      ["one", "two", "three", "four"].map(async (token) => {
        await put(token);
        expect(tokensInFile(path, directory)).toContain(token);
      }),
    );
  });

  it("copies its log into the file while it writes without end, so that the log has a bound", {
    timeout: 60_000,
  }, async () => {
    const { path, log, put } = await open();
    const text = "x".repeat(MEGABYTE);
    let longest = 0;
    for (let count = 0; count < 160; count++) {
      await put(`token ${count}`, text);
      longest = Math.max(longest, statSync(log).size);
    }
    expect(longest).toBeLessThan(96 * MEGABYTE);
    expect(statSync(path).size).toBeGreaterThan(64 * MEGABYTE);
  });
});
