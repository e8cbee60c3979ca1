import { describe, expect, it } from "vitest";
import { RawConnection } from "../integration/http-connection.ts";
import { FAULTS, type Fault } from "../support/faults/faults.ts";
import { type FaultyService, questionTo, startFaultyService } from "../support/faults/faulty-service.ts";

const TRIES = 20;

const VENDORS = ["openai", "bedrock"] as const;
const PHASES = [
  ["before the upstream answers", "Silence before the headers"],
  ["before the first token", "Silence before the first token"],
  ["mid-stream", "Silence in the stream"],
] as const;
const ACCEPTED = ["application/json", "text/event-stream"] as const;

/** Far more than it takes: whoever waits so long waits for ever. */
const HANG_MS = 5_000;

describe("a caller who goes away", () => {
  for (const [phase, name] of PHASES) {
    it(`ends the call of the vendor ${phase}`, { timeout: 120_000 }, async () => {
      const faulty = await startFaultyService(60_000);
      const fault = faultCalled(name);
      for (const vendor of VENDORS) {
        for (const accept of ACCEPTED) {
          // The first call finds nothing warm: it counts for the others' sake only.
          await leave(faulty, vendor, fault, accept);
          const times: number[] = [];
          for (let attempt = 0; attempt < TRIES; attempt += 1) times.push(await leave(faulty, vendor, fault, accept));
          times.sort((one, other) => one - other);
          const [median, worst] = [times[TRIES / 2], times.at(-1)].map((ms) => Number(ms?.toFixed(2)));
          process.stdout.write(
            `${JSON.stringify({ disconnect: phase, vendor, accept, tries: TRIES, median, worst })}\n`,
          );
          expect(worst).toBeLessThan(HANG_MS);
        }
      }
    });
  }
});

/** Asks, goes away once the vendor has said what it says, and gives the milliseconds until the vendor's connection closed. */
async function leave(
  { service, vendors }: FaultyService,
  vendor: (typeof VENDORS)[number],
  fault: Fault,
  accept: string,
): Promise<number> {
  const connection = await RawConnection.open(Number(new URL(service.url).port));
  const coming = vendors[vendor].nextCall();
  connection.post("/generate", questionTo(vendor, fault), { accept });
  const call = await coming;
  if (call.response.headersSent) await flushed(call.response);
  if (fault.onlyStreams === true && accept === "text/event-stream") await connection.until("event: delta");
  const left = performance.now();
  connection.destroy();
  await call.gone;
  return performance.now() - left;
}

function flushed(response: { write(text: string, then: () => void): unknown }): Promise<void> {
  return new Promise((resolve) => response.write("", resolve));
}

function faultCalled(name: string): Fault {
  const fault = FAULTS.find((one) => one.name === name);
  if (fault === undefined) throw new Error(`There is no fault ${name}.`);
  return fault;
}
