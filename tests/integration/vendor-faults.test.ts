import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import type { CompletionEvent } from "../../domain/ports/completion-port.ts";
import { consumeInto, failureOf, REQUEST, TEXT, textOf } from "../contract/completion-harness.ts";
import { LOOPBACK_KEYS, withAwsEnvironment } from "../support/aws-environment.ts";
import { codeOf, FAULTS, type Fault } from "../support/faults/faults.ts";
import { startFaultyVendor } from "../support/faults/faulty-vendor.ts";
import { failingPort } from "../support/faults/ports.ts";
import { FAULTY_BEDROCK, FAULTY_OPENAI } from "../support/faults/vendors.ts";
import { OWN_RUNTIME, RUNTIMES } from "../support/service-process.ts";
import { watchedSignal } from "../support/watched-signal.ts";

withAwsEnvironment(LOOPBACK_KEYS);

const RETRYABLE: ReadonlySet<string> = new Set([
  "vendor-unavailable",
  "vendor-reply-invalid",
  "rate-limited",
  "timeout",
]);

const RUN_ALL = fileURLToPath(new URL("../support/faults/run-all.ts", import.meta.url));

/** Long enough for the call to stand, short enough to wait for. */
const DEADLINE_MS = 100;

for (const kind of [FAULTY_OPENAI, FAULTY_BEDROCK]) {
  describe(`a completion of ${kind.name}`, () => {
    for (const fault of FAULTS) {
      const ways = fault.onlyStreams === true ? (["stream"] as const) : (["complete", "stream"] as const);
      for (const way of ways) {
        const code = codeOf(fault, kind.name);
        it(`ends in \`${code}\` where \`${way}\` meets: ${fault.name}; nothing of the call is left`, async () => {
          const vendor = await startFaultyVendor(kind);
          const port = failingPort(vendor, fault);
          onTestFinished(async () => {
            await port.close?.();
            await vendor.loopback.close();
          });
          const watched = watchedSignal();
          const { signal } = fault.stalls === true ? { signal: AbortSignal.timeout(DEADLINE_MS) } : watched;
          const events: CompletionEvent[] = [];
          const work =
            way === "complete" ? port.complete(REQUEST, signal) : consumeInto(events, port.stream(REQUEST, signal));
          const failure = await failureOf(work);

          expect(failure).toMatchObject({ code, retryable: RETRYABLE.has(code), retryAfterMs: fault.retryAfterMs });
          expect(failure.message).not.toMatch(/loopback/iu);
          expect(events.every(({ type }) => type === "delta")).toBe(true);
          expect(TEXT.startsWith(textOf(events))).toBe(true);
          await nothingIsLeft(vendor, fault);
          await watched.unheard();
        });
      }
    }
  });
}

it(`leaves nothing that keeps a process of ${OWN_RUNTIME} alive, after every fault`, { timeout: 60_000 }, async () => {
  const [command, ...before] = RUNTIMES[OWN_RUNTIME];
  const child = spawn(command, [...before, RUN_ALL], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const ended = once(child, "close");
  const counted = await text(child.stdout);
  expect(await ended).toEqual([0, null]);
  const ways = FAULTS.map(({ onlyStreams }) => (onlyStreams === true ? 1 : 2));
  expect(Number(counted)).toBe(2 * ways.reduce<number>((sum, count) => sum + count, 0));
});

/** One call came, or none; it is over, and no connection is left but one that waits for the next call. */
async function nothingIsLeft(
  { loopback }: Awaited<ReturnType<typeof startFaultyVendor>>,
  { play }: Fault,
): Promise<void> {
  expect(loopback.calls).toHaveLength(play === undefined ? 0 : 1);
  await Promise.all(loopback.calls.map(({ over }) => over));
  await loopback.connectionsAtMost(1);
}
