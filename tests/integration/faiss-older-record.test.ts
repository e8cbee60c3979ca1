import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it, onTestFinished } from "vitest";
import { MIGRATIONS } from "../../adapters/outbound/faiss/engine/schema.ts";
import { find, put, unending } from "../contract/corpus-contract-context.ts";
import { openFaiss } from "../support/faiss.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const DOCUMENTS = [
  { id: "whales", text: "A whale breathes air.", metadata: { year: 2020 } },
  { id: "gulls", title: "Gulls", text: "A gull steals chips." },
];

it("opens a record from before there were readers: everybody may read it, and what is put again is unchanged", async () => {
  const directory = await temporaryFolder();
  const first = openFaiss({ directory });
  await put(first, ...DOCUMENTS);
  await first.corpus.settle(unending());
  await first.close();
  intoFirstFormat(directory);
  const again = openFaiss({ directory });
  onTestFinished(() => again.close());
  expect(await put(again, ...DOCUMENTS)).toEqual({ added: 0, replaced: 0, unchanged: 2 });
  expect(await again.corpus.describeFor(undefined, unending())).toMatchObject({ documents: 2, passages: 2 });
  expect(await find(again, "whale")).toHaveLength(1);
  for (const document of DOCUMENTS) expect(await again.corpus.get(document.id, unending())).toEqual(document);
  const [whales] = DOCUMENTS;
  if (whales === undefined) throw new Error("There is no document.");
  await put(again, { ...whales, readers: { users: ["ada"], groups: [] } });
  expect(await find(again, "whale")).toEqual([]);
});

/** Writes the record anew as the first version of Pharos would have. */
function intoFirstFormat(directory: string): void {
  const [newest, older] = [join(directory, "corpus.sqlite"), join(directory, "older.sqlite")];
  const database = new DatabaseSync(older);
  database.exec(MIGRATIONS[0] ?? "");
  database.exec("PRAGMA user_version = 1; DELETE FROM corpus");
  database.prepare("ATTACH ? AS newest").run(newest);
  const tables = database.prepare(
    "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
  );
  for (const { name } of tables.all()) {
    const columns = database.prepare(`SELECT name FROM pragma_table_info('${name}', 'main')`).all();
    const names = columns.map((column) => column.name).join(", ");
    database.exec(`INSERT INTO main.${name} (${names}) SELECT ${names} FROM newest.${name}`);
  }
  database.close();
  for (const suffix of ["-wal", "-shm"]) rmSync(`${newest}${suffix}`, { force: true });
  renameSync(older, newest);
}
