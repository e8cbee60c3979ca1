import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { Database } from "../../adapters/outbound/faiss/engine/database.ts";
import { samplePassages } from "../../adapters/outbound/faiss/engine/sample.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { randomNumbers } from "../support/vectors.ts";

const PASSAGES = 9_001;
const TEXTS = 7_000;

it("a sample is the passages with the lowest hashes, alike texts once, however many there are", async () => {
  const database = await Database.open(join(await temporaryFolder(), "corpus.sqlite"));
  onTestFinished(() => database.close());
  const random = randomNumbers(1);
  const hashes: string[] = [];
  await database.write(() => {
    const sql = "INSERT INTO passages (document, position, id, search_hash, terms, body) VALUES (?, ?, ?, ?, ?, ?)";
    for (let number = 0; number < PASSAGES; number++) {
      const hash = String(Math.floor(random() * TEXTS)).padStart(5, "0");
      const { inserted } = database.run(sql, Math.floor(random() * 300), number, "", hash, new Uint8Array(), "");
      hashes[inserted] = hash;
    }
  });
  const lowest = [...new Set(hashes.filter((hash) => hash !== undefined))].sort();
  for (const limit of [1, 100, 5_000, TEXTS + 1]) {
    const chosen = await samplePassages(database, limit);
    expect(chosen.map((number) => hashes[number])).toEqual(lowest.slice(0, limit));
  }
});
