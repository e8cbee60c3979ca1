import { expect, it } from "vitest";
import { estimateText } from "../../../infrastructure/metering/estimate-tokens.ts";
import type { UsageRecord } from "../../../infrastructure/metering/usage-record.ts";
import { UsageRecorder } from "../../../infrastructure/metering/usage-recorder.ts";
import { wordTokenizer } from "../../support/word-tokenizer.ts";

const prompt = {
  system: "One two.",
  messages: [{ role: "user" as const, content: "Three." }],
  question: "",
  sources: [],
};
const call = (written: string) =>
  ({ model: "m", outcome: "cancelled", price: undefined, request: { prompt }, written }) as const;

it("estimates calls in their order, none of them while the caller that left is still served", async () => {
  const recorder = new UsageRecorder(wordTokenizer);
  const records: UsageRecord[] = [];
  const all = Promise.withResolvers<void>();
  recorder.subscribe((record) => {
    records.push(record);
    if (records.length === 3) all.resolve();
  });
  for (const written of ["a", "a b", "a b c"]) recorder.recordUncounted(call(written));
  expect(records).toEqual([]);
  await all.promise;
  expect(records.map(({ usage }) => usage.outputTokens)).toEqual([1, 2, 3]);
  expect(records[0]).not.toHaveProperty("account");
});

it("keeps a bounded number of calls waiting, and loses none", () => {
  const recorder = new UsageRecorder(wordTokenizer);
  let records = 0;
  recorder.subscribe(() => {
    records += 1;
  });
  for (let count = 0; count < 1_000; count++) recorder.recordUncounted(call("a"));
  expect(records).toBeGreaterThanOrEqual(1_000 - 256);
  recorder.close();
  expect(records).toBe(1_000);
});

it("counts the begin of a long text, and takes the rest to be alike", () => {
  let counted = 0;
  const tokenizer = {
    count(text: string) {
      counted += text.length;
      return wordTokenizer.count(text);
    },
  };
  expect(estimateText("seven77 ".repeat(100_000), tokenizer)).toBe(100_000);
  expect(counted).toBeLessThan(10_000);
  expect(estimateText("", tokenizer)).toBe(0);
});

it.each([
  [{ maxTokens: 7 }, 7],
  [{}, 1_024],
])("holds the prompt and, of an answer bounded by %j, %d tokens before a call", (bound, output) => {
  const recorder = new UsageRecorder(wordTokenizer);
  const held: number[] = [];
  recorder.guard({
    hold(_, tokens) {
      held.push(tokens);
      return () => held.push(-tokens);
    },
  });
  const empty = { ...prompt, system: "", messages: [] };
  const release = recorder.hold({ prompt: empty, account: "app", ...bound }, undefined);
  release();
  expect(held).toEqual([output, -output]);
});
