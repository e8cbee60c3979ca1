import { appendFileSync } from "node:fs";
import { chunked } from "./chunked.ts";
import { openFaiss } from "./faiss.ts";
import { changes, WORKLOAD_OPTIONS, workloadEmbedder } from "./faiss-workload.ts";

/** A process of its own that changes a corpus until it is killed, and notes in a journal what it begins and what was acknowledged. */
const [directory = "", journal = "", seed = "", done = ""] = process.argv.slice(2);
const { corpus, engine } = openFaiss({ directory, embedder: workloadEmbedder(), options: WORKLOAD_OPTIONS });
const unending = new AbortController().signal;

await corpus.describe(unending);
appendFileSync(journal, `engine ${engine.pid}\n`);
let number = 0;
for (const change of changes(Number(seed))) {
  if (number >= Number(done)) {
    appendFileSync(journal, `begun ${number}\n`);
    if ("remove" in change) await corpus.remove(change.remove, unending);
    else await corpus.put(change.put.map(chunked), unending);
    appendFileSync(journal, `acknowledged ${number}\n`);
  }
  number += 1;
}
