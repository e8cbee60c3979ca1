import type { DatabaseSync } from "node:sqlite";

/** Runs the body in one transaction, which takes the write lock at once; undone where it throws. */
export function transact(database: DatabaseSync, body: () => void): void {
  database.prepare("BEGIN IMMEDIATE").run();
  try {
    body();
    database.prepare("COMMIT").run();
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
