import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { Database } from "../../adapters/outbound/faiss/engine/database.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

describe("The record", () => {
  it("is not tried again where its file is no database", async () => {
    const path = `${await temporaryFolder()}/corpus.sqlite`;
    await writeFile(path, randomBytes(300_000));
    let turns = 0;
    const count = setInterval(() => turns++, 1);
    await expect(Database.open(path)).rejects.toMatchObject({ code: "ERR_SQLITE_ERROR", errcode: 26 });
    clearInterval(count);
    expect(turns).toBe(0);
  });

  it("waits for another connection's lock when it is opened and when it is written", async () => {
    const path = `${await temporaryFolder()}/corpus.sqlite`;
    const other = new DatabaseSync(path);
    other.exec("CREATE TABLE theirs (id); BEGIN IMMEDIATE");
    const opening = Database.open(path);
    setImmediate(() => other.exec("COMMIT"));
    const database = await opening;
    other.exec("BEGIN IMMEDIATE");
    const write = database.write(() => database.run("INSERT INTO theirs VALUES (1)").changes);
    setImmediate(() => other.exec("COMMIT"));
    expect(await write).toBe(1);
    database.close();
    other.close();
  });
});
