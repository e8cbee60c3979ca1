import { parentPort } from "node:worker_threads";
import { analysePassage } from "./analysis.ts";
import type { AnalysedTexts, PassageText } from "./analysis-thread.ts";

parentPort?.on("message", (passages: readonly PassageText[]) => {
  const terms = passages.map(({ title, searchText }) => analysePassage(title, searchText));
  const lengths = terms.map(({ length }) => length);
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  let offset = 0;
  for (const one of terms) {
    bytes.set(one, offset);
    offset += one.length;
  }
  parentPort?.postMessage({ bytes, lengths } satisfies AnalysedTexts, [bytes.buffer]);
});
