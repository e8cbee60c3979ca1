import { describe, expect, it } from "vitest";
import type { RetrievalRequest } from "../../../domain/ports/retrieval-port.ts";
import { StaleRetrieval } from "../../../infrastructure/resilience/stale-retrieval.ts";
import { failureOf, unending } from "../../contract/retrieval-contract-context.ts";
import { FakeRetrieval } from "../../support/fakes/fake-retrieval.ts";
import { HandClock } from "../../support/hand-clock.ts";
import { passageOf } from "../../support/passages.ts";
import { failure, RecordedEvents } from "../../support/resilience.ts";

const REQUEST: RetrievalRequest = { query: "when", topK: 3, principal: { userId: "ada", groups: ["a", "b"] } };

function opened(bounds: { readonly maxEntries?: number; readonly maxBytes?: number } = {}) {
  const clock = new HandClock();
  const recorder = new RecordedEvents();
  const fake = new FakeRetrieval(({ query }) => [passageOf(`About ${query}.`)]);
  const settings = { search: "s", maxEntries: 10, maxBytes: 1_000_000, maxAgeMs: 60_000, clock, recorder };
  const port = new StaleRetrieval(fake, { ...settings, ...bounds });
  const failing = (request: RetrievalRequest, code: Parameters<typeof failure>[0] = "retrieval-unavailable") => {
    fake.failNext(failure(code));
    return port.retrieve(request, unending());
  };
  return { clock, recorder, fake, port, failing };
}

describe("a search with a stale cache", () => {
  it("repeats what it last found for the same request where the engine fails, with a warning", async () => {
    const { clock, port, failing, recorder } = opened();
    const found = await port.retrieve(REQUEST, unending());
    clock.pass(42_000);
    const sameGroups = { ...REQUEST, principal: { userId: "ada", groups: ["b", "a"] } };
    expect(await failing(sameGroups)).toEqual({
      passages: found.passages,
      embedMs: 0,
      warnings: ["The search s could not answer: these passages were found 42 s ago."],
    });
    expect(recorder.lines).toEqual(["s stale"]);
  });

  it("never gives one principal what another one found, nor what was found for another request", async () => {
    const { port, failing } = opened();
    await port.retrieve(REQUEST, unending());
    const { principal: _, ...nobodys } = REQUEST;
    const others: readonly RetrievalRequest[] = [
      nobodys,
      { ...REQUEST, principal: { userId: "eve", groups: ["a", "b"] } },
      { ...REQUEST, principal: { userId: "ada", groups: ["a"] } },
      { ...REQUEST, principal: { userId: "ada", groups: ["a,b"] } },
      { ...REQUEST, query: "where" },
      { ...REQUEST, topK: 2 },
      { ...REQUEST, filter: { field: "year", equals: 2026 } as never },
    ];
    for (const request of others) {
      expect((await failureOf(failing(request))).code).toBe("retrieval-unavailable");
    }
  });

  it("gives nothing that is too old", async () => {
    const { clock, port, failing } = opened();
    await port.retrieve(REQUEST, unending());
    clock.pass(60_001);
    expect((await failureOf(failing(REQUEST))).code).toBe("retrieval-unavailable");
  });

  it("is silent about what is asked wrongly, and about callers that went away", async () => {
    const { port, failing } = opened();
    await port.retrieve(REQUEST, unending());
    for (const code of ["filter-unsupported", "invalid-request", "embedder-mismatch"] as const) {
      expect((await failureOf(failing(REQUEST, code))).code).toBe(code);
    }
    expect((await failureOf(port.retrieve(REQUEST, AbortSignal.abort()))).code).toBe("cancelled");
  });

  it("keeps no more results than it may: the one longest unused makes room", async () => {
    const { port, failing } = opened({ maxEntries: 2 });
    const asked = (query: string) => ({ ...REQUEST, query });
    await port.retrieve(asked("one"), unending());
    await port.retrieve(asked("two"), unending());
    await failing(asked("one"));
    await port.retrieve(asked("three"), unending());
    expect((await failing(asked("one"))).passages).toHaveLength(1);
    expect((await failureOf(failing(asked("two")))).code).toBe("retrieval-unavailable");
  });

  it("keeps no more bytes than it may", async () => {
    const { port, failing } = opened({ maxBytes: 10_000 });
    const asked = (query: string) => ({ ...REQUEST, query });
    const long = (letter: string) => asked(letter.repeat(1_000));
    await port.retrieve(long("a"), unending());
    await port.retrieve(long("b"), unending());
    expect((await failureOf(failing(long("a")))).code).toBe("retrieval-unavailable");
    expect((await failing(long("b"))).passages).toHaveLength(1);
    await port.retrieve(asked("x".repeat(6_000)), unending());
    expect((await failing(long("b"))).passages).toHaveLength(1);
  });
});
