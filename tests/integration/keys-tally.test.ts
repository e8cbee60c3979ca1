import { readFile, writeFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import { NO_USE } from "../../domain/account-use.ts";
import type { Log } from "../../domain/log.ts";
import { Tally } from "../../infrastructure/keys/tally.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const silent: Log = { info() {}, warn() {}, error() {} };
const use = (usd: number) => ({ requests: 1, inputTokens: 10, outputTokens: 2, usd });

async function newFile(): Promise<string> {
  return `${await temporaryFolder()}/usage.sqlite`;
}

async function openTally(file: string, moment = { now: "2026-11-26T12:00:00Z" }, log = silent): Promise<Tally> {
  const tally = await Tally.open(file, log, () => Date.parse(moment.now));
  onTestFinished(() => tally.close());
  return tally;
}

describe("the tally", () => {
  it("knows at once what was added, and after a restart what was written", async () => {
    const file = await newFile();
    const first = await openTally(file);
    first.add("app", use(0.25));
    first.add("app", use(0.5));
    const both = { requests: 2, inputTokens: 20, outputTokens: 4, usd: 0.75 };
    expect(first.useOf("app")).toEqual({ account: "app", day: both, month: both });
    expect(first.useOf("other")).toEqual({ account: "other", day: NO_USE, month: NO_USE });
    await first.close();
    expect((await openTally(file)).useOf("app")).toEqual({ account: "app", day: both, month: both });
  });

  it("writes by itself, without being asked to", async () => {
    const file = await newFile();
    const tally = await openTally(file);
    tally.add("app", use(1));
    const reader = new DatabaseSync(file, { readOnly: true });
    onTestFinished(() => reader.close());
    const rows = () => reader.prepare("SELECT account, day, usd FROM use").all();
    await expect.poll(rows, { timeout: 10_000 }).toEqual([{ account: "app", day: "2026-11-26", usd: 1 }]);
  });

  it("begins a day anew at midnight in UTC, and a month with it, in memory and from the file", async () => {
    const file = await newFile();
    const moment = { now: "2026-11-29T23:59:59Z" };
    const tally = await openTally(file, moment);
    tally.add("app", use(1));
    moment.now = "2026-11-30T00:00:00Z";
    expect(tally.useOf("app")).toEqual({ account: "app", day: NO_USE, month: use(1) });
    tally.add("app", use(2));
    await tally.write();
    expect((await openTally(file, moment)).useOf("app")).toMatchObject({ day: use(2), month: { usd: 3 } });
    moment.now = "2026-12-01T00:00:00Z";
    expect(tally.useOf("app")).toEqual({ account: "app", day: NO_USE, month: NO_USE });
    expect((await openTally(file, moment)).useOf("app").month).toEqual(NO_USE);
  });

  it("learns what another process used when it writes of the same account", async () => {
    const file = await newFile();
    const [one, other] = [await openTally(file), await openTally(file)];
    one.add("app", use(1));
    await one.write();
    other.add("app", use(2));
    await other.write();
    expect(other.useOf("app").month.usd).toBe(3);
  });

  it("keeps what it adds while it writes", async () => {
    const file = await newFile();
    const tally = await openTally(file);
    const total = 200;
    for (let count = 0; count < total; count++) {
      tally.add("app", use(1));
      if (count % 20 === 0) void tally.write();
      if (count % 50 === 0) await tally.write();
    }
    await tally.write();
    expect(tally.useOf("app").month.usd).toBe(total);
    expect((await openTally(file)).useOf("app").month.usd).toBe(total);
  });

  it("holds what cannot be written until it can, says so, and counts it all the same", {
    timeout: 20_000,
  }, async () => {
    const file = await newFile();
    const errors: unknown[] = [];
    const tally = await openTally(file, undefined, { ...silent, error: (fields) => errors.push(fields) });
    const lock = new DatabaseSync(file);
    lock.exec("BEGIN EXCLUSIVE");
    tally.add("app", use(1));
    await tally.write();
    expect(errors).toEqual([expect.objectContaining({ file, reason: expect.stringContaining("locked") })]);
    tally.add("app", use(2));
    expect(tally.useOf("app").month.usd).toBe(3);
    lock.exec("ROLLBACK");
    lock.close();
    await tally.write();
    expect((await openTally(file)).useOf("app").month).toEqual({
      requests: 2,
      inputTokens: 20,
      outputTokens: 4,
      usd: 3,
    });
  });

  it("does not open a file that it cannot read, and leaves it as it is", async () => {
    const file = await newFile();
    await writeFile(file, "no database, but long enough to be looked at".repeat(100));
    await expect(Tally.open(file, silent)).rejects.toThrow(
      /usage\.sqlite.*cannot be opened.*every budget begins anew/u,
    );
    expect(await readFile(file, "utf8")).toContain("no database");
  });
});
