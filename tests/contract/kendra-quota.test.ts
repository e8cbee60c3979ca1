import { describe, expect, it, onTestFinished } from "vitest";
import { kendraOptions } from "../../adapters/outbound/kendra/options.ts";
import { createKendra } from "../../adapters/outbound/kendra/retrieval.ts";
import type { RetrievalRequest } from "../../domain/ports/retrieval-port.ts";
import { LOOPBACK_KEYS, withAwsEnvironment } from "../support/aws-environment.ts";
import { SkippingClock } from "../support/skipping-clock.ts";
import { KENDRA_INDEX_ID, KendraWire } from "../support/wires/kendra-wire.ts";

withAwsEnvironment(LOOPBACK_KEYS);

const unending = new AbortController().signal;
const ADA = { userId: "ada", groups: ["pilots", "captains"] };
const THROTTLED = { kind: "exception", name: "ThrottlingException", status: 400 } as const;

async function open(settings: Readonly<Record<string, unknown>> = {}) {
  const wire = await KendraWire.start([
    { id: "public", text: "A ferry for all.", attributes: { lang: { StringValue: "zh" } } },
    { id: "secret", text: "A ferry for Ada.", readers: { users: ["ada"], groups: [] } },
  ]);
  const clock = new SkippingClock();
  const given = { index_id: KENDRA_INDEX_ID, region: "eu-west-1", endpoint: wire.endpoint, ...settings };
  const { retrieval } = createKendra(kendraOptions.parse(given), clock);
  onTestFinished(async () => {
    await retrieval.close();
    await wire.close();
  });
  const search = async (request: Partial<RetrievalRequest> = {}, signal: AbortSignal = unending) => {
    const { passages } = await retrieval.retrieve({ query: "ferry", topK: 10, principal: ADA, ...request }, signal);
    return passages.map(({ documentId }) => documentId).sort();
  };
  return { wire, clock, search };
}

describe("KendraRetrieval at its quota", () => {
  it("asks once for searches that are alike and under way together", async () => {
    const { wire, search } = await open({ cache_seconds: 0 });
    const stall = wire.stall();
    const searches = Array.from({ length: 20 }, () => search());
    await stall.reached;
    stall.release();
    for (const found of await Promise.all(searches)) expect(found).toEqual(["public", "secret"]);
    expect(wire.requests).toHaveLength(1);
  });

  it("goes on for the others where one of them goes away, and stops where all do", async () => {
    const { wire, search } = await open();
    const stall = wire.stall();
    const [one, other] = [new AbortController(), new AbortController()];
    const searches = [search({}, one.signal), search({}, other.signal)].map((found) =>
      found.catch((error: unknown) => error),
    );
    await stall.reached;
    one.abort();
    expect(await searches[0]).toMatchObject({ code: "cancelled" });
    other.abort();
    expect(await searches[1]).toMatchObject({ code: "cancelled" });
    await stall.stopped;
    expect(wire.requests).toHaveLength(1);
  });

  it("gives a result again for as long as the config says, then asks anew", async () => {
    const { wire, clock, search } = await open({ cache_seconds: 60 });
    await search();
    clock.pass(59_000);
    expect(await search({ principal: { ...ADA, groups: ADA.groups.toReversed() } })).toEqual(["public", "secret"]);
    expect(wire.requests).toHaveLength(1);
    clock.pass(1_000);
    await search();
    expect(wire.requests).toHaveLength(2);
  });

  it("never gives one principal, filter or number of passages the result of another", async () => {
    const { wire, search } = await open();
    expect(await search()).toEqual(["public", "secret"]);
    expect(await search({ principal: { userId: "bob", groups: [] } })).toEqual(["public"]);
    expect(await search({ principal: { userId: "bob", groups: ["ada"] } })).toEqual(["public"]);
    expect(await search({ topK: 1 })).toHaveLength(1);
    expect(await search({ filter: { op: "eq", field: "lang", value: "en" } })).toEqual([]);
    expect(wire.requests).toHaveLength(5);
  });

  it("keeps no failure", async () => {
    const { wire, search } = await open();
    wire.failNext({ kind: "exception", name: "InternalServerException", status: 500 });
    await expect(search()).rejects.toMatchObject({ code: "vendor-unavailable" });
    expect(await search()).toEqual(["public", "secret"]);
  });

  it("asks again after a throttling, once the wait that Kendra asks for and the index's pace allow it", async () => {
    const { wire, clock, search } = await open({ queries_per_second: 0.5 });
    wire.failNext({ ...THROTTLED, headers: { "retry-after": "1" } });
    expect(await search()).toEqual(["public", "secret"]);
    expect(wire.requests).toHaveLength(2);
    expect(clock.waits).toEqual([1_000, 1_000]);
  });

  it("refuses more than 512 different searches at once, but not one that is alike, and goes on afterwards", async () => {
    const { wire, search } = await open({ queries_per_second: 1_000 });
    const stall = wire.stall();
    const searches = Array.from({ length: 512 }, (_, number) => search({ query: `ferry ${number}` }));
    await stall.reached;
    await expect(search({ query: "ferry 512" })).rejects.toMatchObject({ code: "overloaded", retryable: true });
    const alike = search({ query: "ferry 511" });
    stall.release();
    for (const found of await Promise.all([...searches, alike])) expect(found).toEqual(["public", "secret"]);
    expect(await search({ query: "ferry 512" })).toEqual(["public", "secret"]);
    expect(wire.requests).toHaveLength(513);
  });

  it("gives up waiting where the deadline passes", async () => {
    const { wire, search } = await open();
    for (let attempt = 0; attempt < 4; attempt++) wire.failNext(THROTTLED);
    const deadline = new AbortController();
    const stall = wire.stall();
    const found = search({}, deadline.signal);
    await stall.reached;
    deadline.abort(new DOMException("The operation timed out.", "TimeoutError"));
    await expect(found).rejects.toMatchObject({ code: "timeout" });
    stall.release();
  });

  it("sends different searches at the index's pace", async () => {
    const { clock, search } = await open({ queries_per_second: 0.1 });
    for (let number = 0; number < 63; number++) await search({ query: `ferry ${number}` });
    expect(clock.waits).toEqual([10_000, 10_000, 10_000]);
  });
});
