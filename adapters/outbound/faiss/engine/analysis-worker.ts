import { parentPort } from "node:worker_threads";
import { analysePassage, type PassageText } from "./analysis.ts";
import type { AnalysedTexts } from "./analysis-thread.ts";
import { giveWayToEventLoop } from "./thread-priority.ts";

const FIRST_ROOM = 1 << 20;

giveWayToEventLoop();

/** The terms of the put under way. An array of its own for each passage would cost as much again as half of its analysis. */
let room = new Uint8Array(FIRST_ROOM);
let used = 0;

function roomFor(bytes: number): Uint8Array {
  if (used + bytes > room.length) {
    const larger = new Uint8Array(2 * (used + bytes));
    larger.set(room.subarray(0, used));
    room = larger;
  }
  used += bytes;
  return room.subarray(used - bytes, used);
}

parentPort?.on("message", (passages: readonly PassageText[]) => {
  used = 0;
  const lengths = passages.map((passage) => analysePassage(passage, roomFor).length);
  const bytes = room.slice(0, used);
  parentPort?.postMessage({ bytes, lengths } satisfies AnalysedTexts, [bytes.buffer]);
});
