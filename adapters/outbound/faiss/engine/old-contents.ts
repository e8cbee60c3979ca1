import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { contentOf, currentContent, INCOMPLETE, isContentName } from "./content.ts";
import { isLocked } from "./database.ts";

const ABANDONED_AFTER_MS = 3_600_000;
const RECORD = "corpus.sqlite";
/** What the first content of a corpus leaves in the corpus's own folder. */
const FIRST_CONTENT = /^corpus\.sqlite(-wal|-shm|-journal)?$|\.faiss(\.tmp)?$/u;

/** Removes contents that the corpus names no more, once no process has them open, and what restores left behind that ended before their time. */
export function removeOldContents(corpus: string): void {
  for (const name of readdirSync(corpus).filter(isContentName)) {
    const { directory, isCurrent } = contentOf(corpus, name);
    // In this order: what is complete was named before, and is not named again once it is named no more.
    const isDone = isComplete(directory) || isAbandoned(directory);
    if (isDone && !isCurrent() && isUnused(directory)) rmSync(directory, { recursive: true, force: true });
  }
  if (currentContent(corpus).name === "" || !isUnused(corpus)) return;
  for (const name of readdirSync(corpus).filter((name) => FIRST_CONTENT.test(name))) {
    rmSync(join(corpus, name), { force: true });
  }
}

/** Whether a restore has made all of it: its mark comes before the record, and goes when all is there. */
function isComplete(directory: string): boolean {
  return existsSync(join(directory, RECORD)) && !existsSync(join(directory, INCOMPLETE));
}

/** Whether nothing in the folder was written for an hour. */
function isAbandoned(directory: string): boolean {
  const times = [directory, ...readdirSync(directory).map((name) => join(directory, name))].map(
    (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0,
  );
  return Date.now() - Math.max(...times) > ABANDONED_AFTER_MS;
}

/** Whether no process has the record open: SQLite leaves the WAL mode for its only connection alone. */
function isUnused(directory: string): boolean {
  const path = join(directory, RECORD);
  if (!existsSync(path)) return true;
  const connection = new DatabaseSync(path);
  try {
    connection.exec("PRAGMA busy_timeout = 0");
    connection.prepare("PRAGMA journal_mode = DELETE").get();
    return true;
  } catch (error) {
    return !isLocked(error);
  } finally {
    connection.close();
  }
}
