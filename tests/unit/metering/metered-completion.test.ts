import { describe, expect, it } from "vitest";
import { ServiceError } from "../../../domain/errors.ts";
import type { CompletionRequest } from "../../../domain/ports/completion-port.ts";
import { MeteredCompletion } from "../../../infrastructure/metering/metered-completion.ts";
import type { Price } from "../../../infrastructure/metering/price.ts";
import type { UsageRecord } from "../../../infrastructure/metering/usage-record.ts";
import { UsageRecorder } from "../../../infrastructure/metering/usage-recorder.ts";
import { FakeCompletion } from "../../support/fakes/fake-completion.ts";
import { wordTokenizer } from "../../support/word-tokenizer.ts";

const PRICE: Price = { input: 2, output: 10, cached_input: 0.5, cache_write: 2.5 };
const USAGE = { inputTokens: 1_000, outputTokens: 100, cachedInputTokens: 400, cacheWriteInputTokens: 200 };
/** 400 plain, 400 cached, 200 written, 100 out. */
const COST = (400 * 2 + 400 * 0.5 + 200 * 2.5 + 100 * 10) / 1_000_000;

const REQUEST: CompletionRequest = {
  prompt: {
    system: "Answer in one sentence.",
    messages: [{ role: "user", content: "Where does the lighthouse stand?" }],
    question: "Where does the lighthouse stand?",
    sources: [],
  },
  maxTokens: 50,
  account: "app",
};
/** Nine words, and four tokens for each of system and message. */
const INPUT_ESTIMATE = 9 + 2 * 4;

const DELTAS = ["It stands ", "on the ", "rock."];
const never = new AbortController().signal;

function metered({ price }: { readonly price?: Price } = { price: PRICE }) {
  const fake = new FakeCompletion({ deltas: DELTAS, usage: USAGE });
  const recorder = new UsageRecorder(wordTokenizer);
  const records: UsageRecord[] = [];
  const heard: (() => void)[] = [];
  recorder.subscribe((record) => {
    records.push(record);
    for (const resolve of heard.splice(0)) resolve();
  });
  const port = new MeteredCompletion("fake", fake, price, recorder);
  /** The first record, once it is there. */
  const record = async () => {
    if (records.length === 0) await new Promise<void>((resolve) => heard.push(resolve));
    return records[0];
  };
  return { fake, port, recorder, records, record };
}

async function textUntil(count: number, stream: AsyncIterable<{ readonly type: string }>): Promise<void> {
  let seen = 0;
  for await (const _ of stream) if (++seen === count) return;
}

describe("a metered model", () => {
  it.each(["complete", "stream"] as const)("tells what an answer of `%s` cost, and records it once", async (method) => {
    const { port, records } = metered();
    let usage: unknown;
    if (method === "complete") ({ usage } = await port.complete(REQUEST, never));
    else for await (const event of port.stream(REQUEST, never)) if (event.type === "finish") ({ usage } = event);
    expect(usage).toEqual({ ...USAGE, costUsd: expect.closeTo(COST, 12) });
    expect(records).toEqual([{ model: "fake", account: "app", usage, estimated: false, outcome: "finished" }]);
  });

  it("tells no cost where there is no price, and of cached tokens the input's where they have none of their own", async () => {
    const { port, records } = metered({});
    const { usage } = await port.complete({ ...REQUEST, account: "app" }, never);
    expect(usage).toEqual(USAGE);
    expect(records[0]?.usage).not.toHaveProperty("costUsd");
    const plain = await metered({ price: { input: 1, output: 1 } }).port.complete(REQUEST, never);
    expect(plain.usage.costUsd).toBeCloseTo(1_100 / 1_000_000, 12);
  });

  it("estimates what a vendor cost that was given up for its silence, as a failure of the vendor's", async () => {
    const { fake, port, record } = metered();
    const held = fake.hold();
    const attempt = new AbortController();
    const asked = port.complete(REQUEST, attempt.signal);
    await held.reached;
    attempt.abort(new ServiceError("vendor-unavailable", "The model was silent.", { retryable: true }));
    await expect(asked).rejects.toMatchObject({ code: "vendor-unavailable" });
    expect(await record()).toMatchObject({
      outcome: "failed",
      estimated: true,
      usage: { inputTokens: INPUT_ESTIMATE, outputTokens: 0 },
    });
  });

  it.each([
    ["before the first word", 0, ""],
    ["after two deltas", 2, "It stands on the"],
  ])("estimates what a stream cost that is cancelled %s", async (_, deltas, text) => {
    const { fake, port, record, records } = metered();
    const held = fake.hold(deltas);
    const controller = new AbortController();
    const read = textUntil(10, port.stream(REQUEST, controller.signal));
    await held.reached;
    controller.abort();
    await expect(read).rejects.toMatchObject({ code: "cancelled" });
    const outputTokens = wordTokenizer.count(text);
    const costUsd = (INPUT_ESTIMATE * 2 + outputTokens * 10) / 1_000_000;
    expect(await record()).toEqual({
      model: "fake",
      account: "app",
      usage: { inputTokens: INPUT_ESTIMATE, outputTokens, cachedInputTokens: 0, costUsd: expect.closeTo(costUsd, 12) },
      estimated: true,
      outcome: "cancelled",
    });
    expect(records).toHaveLength(1);
  });

  it("estimates what a stream cost that its reader leaves, tool calls included", async () => {
    const { fake, port, record } = metered();
    fake.answerWith({ deltas: [], toolCalls: [{ id: "1", name: "look_up", arguments: "a b c" }], usage: USAGE });
    const tools = [{ name: "look_up", parameters: { type: "object" } }];
    await textUntil(2, port.stream({ ...REQUEST, tools }, never));
    const inputTokens = INPUT_ESTIMATE + wordTokenizer.count(JSON.stringify(tools));
    expect(await record()).toMatchObject({ outcome: "cancelled", usage: { inputTokens, outputTokens: 3 } });
  });

  it("estimates the question of `complete` where it is cancelled, for nobody knows how far the answer came", async () => {
    const { fake, port, record } = metered();
    const held = fake.hold(2);
    const controller = new AbortController();
    const work = port.complete(REQUEST, controller.signal);
    await held.reached;
    controller.abort();
    await expect(work).rejects.toMatchObject({ code: "cancelled" });
    expect(await record()).toMatchObject({ usage: { inputTokens: INPUT_ESTIMATE, outputTokens: 0 }, estimated: true });
  });

  it("estimates what a stream cost that breaks off, and records as nothing what the vendor refused", async () => {
    const broken = metered();
    broken.fake.failNext(new ServiceError("vendor-unavailable", "It broke."), 1);
    await expect(textUntil(9, broken.port.stream(REQUEST, never))).rejects.toMatchObject({
      code: "vendor-unavailable",
    });
    expect(await broken.record()).toMatchObject({ outcome: "failed", estimated: true, usage: { outputTokens: 2 } });
    const refused = metered();
    refused.fake.failNext(new ServiceError("rate-limited", "No."));
    await expect(refused.port.complete(REQUEST, never)).rejects.toMatchObject({ code: "rate-limited" });
    expect(refused.records).toEqual([
      {
        model: "fake",
        account: "app",
        usage: { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 },
        estimated: false,
        outcome: "failed",
      },
    ]);
  });

  it("records nothing of a call that was cancelled before the vendor was asked", async () => {
    const { port, records, recorder } = metered();
    await expect(port.complete(REQUEST, AbortSignal.abort())).rejects.toMatchObject({ code: "cancelled" });
    await expect(textUntil(9, port.stream(REQUEST, AbortSignal.abort()))).rejects.toMatchObject({ code: "cancelled" });
    recorder.close();
    expect(records).toEqual([]);
  });

  it("asks no vendor where the account has nothing left, and gives back what it held, whatever the outcome", async () => {
    const { fake, port, recorder, records } = metered();
    let held: readonly [number, number] = [0, 0];
    let full = false;
    recorder.guard({
      hold(account, tokens, usd) {
        if (full) throw new ServiceError("limit-exceeded", `Nothing is left for ${account}.`);
        held = [held[0] + tokens, held[1] + usd];
        return () => {
          held = [held[0] - tokens, held[1] - usd];
        };
      },
    });
    const during = fake.hold(1);
    const left = textUntil(2, port.stream(REQUEST, never));
    await during.reached;
    // 55 characters of prompt, and 50 tokens that the answer may have.
    expect(held).toEqual([14 + 50, (14 * 2 + 50 * 10) / 1_000_000]);
    during.release();
    await left;
    await port.complete(REQUEST, never);
    fake.failNext(new ServiceError("vendor-rejected", "No."));
    await expect(port.complete(REQUEST, never)).rejects.toMatchObject({ code: "vendor-rejected" });
    expect(held).toEqual([0, 0]);
    full = true;
    recorder.close();
    const before = records.length;
    await expect(textUntil(9, port.stream(REQUEST, never))).rejects.toMatchObject({ code: "limit-exceeded" });
    await expect(port.complete(REQUEST, never)).rejects.toMatchObject({ code: "limit-exceeded" });
    expect(fake.requests).toHaveLength(3);
    expect(records).toHaveLength(before);
    const { account: _, ...anonymous } = REQUEST;
    expect((await port.complete(anonymous, never)).text).not.toBe("");
  });
});
