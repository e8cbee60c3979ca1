import { describe, expect, it, onTestFinished } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { CONTENDERS, startUpstream, targetOf } from "./gateway/contenders.ts";
import { askOnce } from "./gateway/load.ts";
import { contendersNamed, DIRECT, measure } from "./gateway/measure.ts";
import { gatewayTables } from "./gateway/tables.ts";

const NEEDS_DOWNLOAD = "@portkey-ai/gateway";
const OURS = CONTENDERS.map(({ name }) => name).filter((name) => name !== NEEDS_DOWNLOAD);
const WORDS = Array.from({ length: 28 }, (_, index) => `word${index} `).join("");

/** The text of an answer as it came over the wire: JSON, or events in chunked coding. */
function contentOf(received: string): string {
  return [...received.matchAll(/"content":"([^"]*)"/gu)].map(([, content]) => content).join("");
}

describe("bench:gateway in short", () => {
  for (const contender of contendersNamed(OURS)) {
    it(`asks ${contender.name} for what the vendor says, in JSON and as a stream`, async () => {
      const folder = await temporaryFolder();
      const upstream = await startUpstream(undefined, folder);
      onTestFinished(() => upstream.stop());
      const url = `http://127.0.0.1:${upstream.port}`;
      const gateway = await contender.start(url, undefined, folder);
      onTestFinished(() => gateway.stop());
      for (const streamed of [false, true]) {
        const received = await askOnce(targetOf(contender, gateway.port, url, streamed));
        const type = streamed ? "text/event-stream" : "application/json";
        expect(received.toLowerCase()).toContain(`content-type: ${type}`);
        expect(contentOf(received)).toBe(WORDS);
        if (streamed) expect(received).toContain("data: [DONE]\n\n");
      }
    });
  }

  it("measures each of them and shows the figures in tables", async () => {
    const folder = await temporaryFolder();
    const effort = { restarts: 1, rounds: 1, sliceMs: 100, warmUp: 20 };
    const measured = await measure(contendersNamed(OURS), effort, folder, () => undefined);
    expect(measured.map(({ name }) => name)).toEqual([DIRECT, ...OURS]);
    for (const { slices } of measured) {
      for (const { load, processorUs } of slices) {
        expect(load.requests).toBeGreaterThan(0);
        expect(processorUs).toBeGreaterThan(0);
      }
    }
    for (const language of ["en", "zh"] as const) {
      const lines = gatewayTables(measured, language).split("\n");
      const columns = lines.filter((line) => line.startsWith("|")).map((line) => line.split("|").length - 2);
      expect(columns).toEqual([6, 6, 6, 6, 6, 6, 4, 4, 4, 4, 8, 8, 8, 8, 8, 8, 4, 4, 4, 4]);
    }
    process.stdout.write(`${gatewayTables(measured, "en")}\n`);
  });
});
