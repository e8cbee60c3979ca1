import { createCompletion } from "../../adapters/outbound/openai/completion.ts";
import { FEATURES } from "../../adapters/outbound/openai/features.ts";
import { openaiCompletionOptions } from "../../adapters/outbound/openai/options.ts";
import type { ErrorCode } from "../../domain/errors.ts";
import { systemClock } from "../../infrastructure/resilience/clock.ts";
import { FakeCompletion, type HeldCompletion } from "../support/fakes/fake-completion.ts";
import { fakeAnswerOf } from "../support/fakes/scripted-answer.ts";
import { failure, modelOf, resilient } from "../support/resilience.ts";
import { openaiDialect, openaiFailure } from "../support/wires/openai-wire.ts";
import { startScriptedVendor } from "../support/wires/scripted-vendor.ts";
import { describeCompletionContract } from "./completion-contract.ts";
import {
  ANSWER,
  COMPLETION_CODES,
  type OpenCompletion,
  RETRY_AFTER_MS,
  type Stall,
  type VendorAnswer,
} from "./completion-harness.ts";

const HEARD = "what goes to the vendor is the adapter's";
const ONE_EACH = { retry: { attempts: 2, baseMs: 1, maxMs: 1 } };

/** Both say and do the same, so it does not matter who is asked. */
function together<Value>(values: readonly Value[], both: (value: Value) => void): void {
  for (const value of values) both(value);
}

describeCompletionContract("ResilientCompletion over a fake", {
  open: async () => {
    const { fakes, controls } = scriptedFakes(1);
    const port = resilient([modelOf("fake", fakes, systemClock)], systemClock, {
      retry: { attempts: 1, baseMs: 1, maxMs: 1 },
    });
    return { ...controls, port };
  },
  supports: ["temperature"],
  skip: { heard: HEARD },
});

describeCompletionContract("ResilientCompletion over two fakes that do the same", {
  open: async () => {
    const { fakes, controls } = scriptedFakes(2);
    return { ...controls, port: resilient([modelOf("fake", fakes, systemClock)], systemClock, ONE_EACH) };
  },
  supports: ["temperature"],
  skip: { heard: HEARD },
});

describeCompletionContract("ResilientCompletion over two OpenAI targets", {
  open: async () => {
    const vendors = [await startScriptedVendor(openaiDialect), await startScriptedVendor(openaiDialect)];
    const ports = vendors.map(({ loopback }) =>
      createCompletion(
        openaiCompletionOptions.parse({
          model: "gpt-4o",
          api_key: "sk-loopback-secret",
          base_url: `${loopback.url}/v1`,
          context_tokens: 128_000,
        }),
      ),
    );
    return {
      port: resilient([modelOf("gpt-4o", ports, systemClock)], systemClock, ONE_EACH),
      answer: (answer) => together(vendors, (vendor) => vendor.answer(answer)),
      breakOff: (deltas, how) => together(vendors, (vendor) => vendor.breakOff(deltas, how)),
      failMidway: (deltas) => together(vendors, (vendor) => vendor.failMidway(deltas)),
      stall: (deltas) => firstOf(vendors.map((vendor) => vendor.stall(deltas))),
      provoke: Object.fromEntries(
        COMPLETION_CODES.map((code) => [code, () => together(vendors, (vendor) => vendor.play(openaiFailure(code)))]),
      ),
      calls: () => vendors.reduce((sum, vendor) => sum + vendor.calls(), 0),
      close: async () => {
        await Promise.all(vendors.map(({ loopback }) => loopback.close()));
      },
    };
  },
  supports: Object.values(FEATURES).flat(),
  skip: { heard: HEARD, unsupported: "the adapters' own contract tests hold them to it" },
  secrets: ["sk-loopback-secret"],
});

/** The call may wait at either of them. */
function firstOf(stalls: readonly (Stall | HeldCompletion)[]): Stall {
  return {
    reached: Promise.race(stalls.map(({ reached }) => reached)),
    stopped: Promise.race(stalls.map(({ stopped }) => stopped)),
    release: () => together(stalls, (stall) => stall.release()),
  };
}

/** What they do is the same for each, and holds until they are told otherwise. */
function scriptedFakes(count: number): {
  readonly fakes: readonly FakeCompletion[];
  readonly controls: Omit<OpenCompletion, "port">;
} {
  let answer: VendorAnswer = ANSWER;
  let failing: ErrorCode | undefined;
  const fakes = Array.from(
    { length: count },
    () =>
      new FakeCompletion(() => {
        if (failing === undefined) return fakeAnswerOf(answer);
        throw failure(failing, failing === "rate-limited" ? RETRY_AFTER_MS : undefined);
      }),
  );
  const failMidway = (deltas: readonly string[]) => {
    answer = { ...answer, deltas };
    together(fakes, (fake) => fake.failNext(failure("vendor-reply-invalid"), deltas.length));
  };
  const controls = {
    answer: (next: VendorAnswer) => {
      answer = next;
      // A fake says what it is told: an empty answer is the script's own failure.
      failing = next.deltas.length === 0 && next.finishReason === "stop" ? "vendor-reply-invalid" : undefined;
    },
    stall: (deltas: readonly string[]) => firstOf(fakes.map((fake) => fake.hold(deltas.length))),
    breakOff: failMidway,
    failMidway,
    provoke: Object.fromEntries(
      COMPLETION_CODES.map((code) => [
        code,
        () => {
          failing = code;
        },
      ]),
    ),
    calls: () => fakes.reduce((sum, { requests }) => sum + requests.length, 0),
    close: async () => {
      await Promise.all(fakes.map((fake) => fake.close()));
    },
  };
  return { fakes, controls };
}
