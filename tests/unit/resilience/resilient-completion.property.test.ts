import fc from "fast-check";
import { expect, it } from "vitest";
import { type ErrorCode, ServiceError } from "../../../domain/errors.ts";
import type { CompletionRequest } from "../../../domain/ports/completion-port.ts";
import { collected, eventsOf, unending } from "../../contract/completion-harness.ts";
import { FakeCompletion } from "../../support/fakes/fake-completion.ts";
import { HandClock } from "../../support/hand-clock.ts";
import { failure, modelOf, resilient } from "../../support/resilience.ts";

const REQUEST: CompletionRequest = {
  prompt: { system: "", messages: [{ role: "user", content: "When?" }], question: "When?", sources: [] },
};

type Outcome = ErrorCode | "answer";

const OUTCOMES: readonly Outcome[] = [
  "answer",
  "vendor-unavailable",
  "vendor-reply-invalid",
  "rate-limited",
  "vendor-auth",
  "vendor-rejected",
  "context-overflow",
];
const FINAL: ReadonlySet<Outcome> = new Set(["vendor-auth", "vendor-rejected", "context-overflow"]);

/** A target that does as its script says, call by call, and answers once that is over; it records its outcomes. */
function scripted(script: readonly Outcome[], outcomes: Outcome[]): FakeCompletion {
  let call = 0;
  return new FakeCompletion(() => {
    const outcome = script[call] ?? "answer";
    call += 1;
    outcomes.push(outcome);
    if (outcome === "answer") return { deltas: ["Yes."] };
    throw failure(outcome, outcome === "rate-limited" && call % 2 === 0 ? 700 : undefined);
  });
}

it("whatever vendors do, a completion keeps to its budget, asks no target in vain, and leaves nothing behind", async () => {
  const script = fc.array(fc.constantFrom(...OUTCOMES), { maxLength: 4 });
  const chains = fc.array(fc.array(script, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(chains, fc.integer({ min: 1, max: 6 }), fc.boolean(), async (models, attempts, streams) => {
      const clock = new HandClock(10_000);
      const perTarget: Outcome[][] = [];
      const chain = models.map((targets, index) =>
        modelOf(
          `m${index}`,
          targets.map((target) => scripted(target, perTarget[perTarget.push([]) - 1] ?? [])),
          clock,
        ),
      );
      const [own, ...fallbacks] = chain;
      if (own === undefined) throw new Error("There is no model.");
      const port = resilient([own, ...fallbacks], clock, { retry: { attempts, baseMs: 250, maxMs: 5_000 } });
      const work = streams
        ? eventsOf(port.stream(REQUEST, unending())).then(collected)
        : port.complete(REQUEST, unending());
      const outcome = await work.catch((error: unknown) => error);
      const all = perTarget.flat();
      expect(all.length).toBeGreaterThanOrEqual(1);
      expect(all.length).toBeLessThanOrEqual(attempts);
      for (const outcomes of perTarget) {
        for (const earlier of outcomes.slice(0, -1)) expect(FINAL.has(earlier)).toBe(false);
      }
      if (all.includes("answer")) expect(outcome).toMatchObject({ text: "Yes." });
      else expect(all).toContain((outcome as ServiceError).code);
      expect(outcome instanceof ServiceError).toBe(!all.includes("answer"));
      expect(clock.pending).toBe(0);
      for (const { inFlight } of chain.flatMap(({ targets }) => targets)) expect(inFlight).toBe(0);
    }),
    { numRuns: 1_000 },
  );
});
