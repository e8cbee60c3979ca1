import { parentPort, workerData } from "node:worker_threads";
import type { PeriodUse } from "../../domain/account-use.ts";
import { type DayUse, TallyFile } from "./tally-file.ts";

/** What was used since the last message, and the day whose sums are wanted; or that it is over. */
export type ToTally = { readonly rows: readonly DayUse[]; readonly today: string } | { readonly close: true };

/** One when the file is open, with the sums of all accounts, then one for each message, with those of its accounts. */
export type FromTally = { readonly uses: readonly PeriodUse[] } | { readonly failed: string };

/** What the thread begins with. */
export interface TallySettings {
  readonly file: string;
  readonly today: string;
}

function answer(work: () => readonly PeriodUse[]): void {
  let reply: FromTally;
  try {
    reply = { uses: work() };
  } catch (error) {
    reply = { failed: error instanceof Error ? error.message : String(error) };
  }
  parentPort?.postMessage(reply);
}

const settings = workerData as TallySettings;
let file: TallyFile | undefined;
answer(() => {
  file = new TallyFile(settings.file);
  return file.uses(settings.today);
});
parentPort?.on("message", (message: ToTally) =>
  answer(() => {
    if (file === undefined) throw new Error("the file is not open");
    if ("close" in message) {
      file.close();
      return [];
    }
    file.add(message.rows);
    return file.uses(message.today, [...new Set(message.rows.map(({ account }) => account))]);
  }),
);
