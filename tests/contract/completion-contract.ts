import { describe, expect, it, onTestFinished } from "vitest";
import type { Usage } from "../../domain/answer.ts";
import { describeCompletionFailures } from "./completion-contract-failures.ts";
import { describeCompletionParameters } from "./completion-contract-parameters.ts";
import { describeCompletionTools } from "./completion-contract-tools.ts";
import {
  ANSWER,
  bothWays,
  type CompletionHarness,
  type Context,
  collected,
  eventsOf,
  failureOf,
  REQUEST,
  TEXT,
  USAGE,
  unending,
} from "./completion-harness.ts";

/** What every CompletionPort must do, whatever stands behind it. Call it at the top of a test file. */
export function describeCompletionContract(name: string, harness: CompletionHarness): void {
  const leaveOut = (title: string, reason: string) =>
    it(`leaves out: ${title} (${reason})`, () => expect(reason).not.toBe(""));
  const context: Context = {
    secrets: harness.secrets ?? [],
    supports: new Set(harness.supports),
    open: async () => {
      const opened = await harness.open();
      onTestFinished(() => opened.close());
      opened.answer?.(ANSWER);
      return { ...opened, request: opened.request ?? REQUEST };
    },
    case: (key, title, test) => {
      const reason = harness.skip?.[key];
      if (reason === undefined) it(title, test);
      else leaveOut(title, reason);
    },
    feature: (feature, key, title, test) => {
      if (context.supports.has(feature)) context.case(key, title, test);
      else leaveOut(title, `it does not support ${feature}`);
    },
  };
  describe(`${name} keeps the contract of CompletionPort`, () => {
    describeAnswers(context);
    describeEndings(context);
    describeCompletionTools(context);
    describeCompletionParameters(context);
    describeCompletionFailures(context);
  });
}

function describeAnswers({ open, case: only }: Context): void {
  describe("answers", () => {
    it("streams the text that `complete` gives, and the same ending", async () => {
      const { port, request } = await open();
      const whole = await port.complete(request, unending());
      const events = await eventsOf(port.stream(request, unending()));
      expect(whole.text).not.toBe("");
      expect(collected(events)).toEqual(whole);
    });

    it("streams deltas that are not empty, then exactly one finish, which is the last event", async () => {
      const { port, request } = await open();
      const events = await eventsOf(port.stream(request, unending()));
      expect(events.length).toBeGreaterThan(1);
      expect(events.map(({ type }) => type)).toEqual([...events.slice(1).map(() => "delta"), "finish"]);
      for (const event of events) if (event.type === "delta") expect(event.text).not.toBe("");
    });

    it("counts tokens in whole numbers, cached ones among the input's, and warns of nothing unasked", async () => {
      const { port, request } = await open();
      const { usage, warnings } = await port.complete(request, unending());
      for (const tokens of Object.values(usage))
        expect(Number.isInteger(tokens) && tokens >= 0, `${tokens}`).toBe(true);
      expect(usage.cachedInputTokens).toBeLessThanOrEqual(usage.inputTokens);
      expect(warnings).toEqual([]);
      expect(Number.isInteger(port.contextTokens) && port.contextTokens > 0).toBe(true);
    });

    it("keeps calls that run at once apart", async () => {
      const { port, request } = await open();
      const alone = await port.complete(request, unending());
      const streamed = async () => collected(await eventsOf(port.stream(request, unending())));
      const together = [streamed(), port.complete(request, unending()), streamed(), streamed()];
      for (const completion of await Promise.all(together)) expect(completion).toEqual(alone);
    });

    only("text", "passes the vendor's text on to the letter, in its order", async () => {
      const { port, request } = await open();
      expect((await port.complete(request, unending())).text).toBe(TEXT);
      const events = await eventsOf(port.stream(request, unending()));
      expect(collected(events).text).toBe(TEXT);
      expect(events.length, "several deltas and a finish").toBeGreaterThan(2);
    });

    only("text", "passes a long text on whole", async () => {
      const { port, request, answer } = await open();
      const deltas = Array.from({ length: 500 }, (_, index) => `${index} 灯台 `);
      answer?.({ ...ANSWER, deltas });
      expect(collected(await eventsOf(port.stream(request, unending()))).text).toBe(deltas.join(""));
    });
  });
}

function describeEndings({ open, case: only }: Context): void {
  describe("endings", () => {
    only("usage", "reports the tokens that the vendor counted", async () => {
      const opened = await open();
      for (const { usage } of await bothWays(opened)) expect(usage).toEqual(USAGE);
    });

    only("cached-usage", "reports how many of the input's tokens the vendor took from its cache", async () => {
      const opened = await open();
      const usage: Usage = { ...USAGE, cachedInputTokens: 24 };
      opened.answer?.({ ...ANSWER, usage });
      for (const completion of await bothWays(opened)) expect(completion.usage).toEqual(usage);
    });

    for (const finishReason of ["length", "content-filter"] as const) {
      only(finishReason, `says where an answer ended for \`${finishReason}\`, even one without text`, async () => {
        const opened = await open();
        opened.answer?.({ ...ANSWER, finishReason });
        for (const completion of await bothWays(opened)) expect(completion).toMatchObject({ finishReason, text: TEXT });
        opened.answer?.({ ...ANSWER, finishReason, deltas: [] });
        for (const completion of await bothWays(opened)) expect(completion).toMatchObject({ finishReason, text: "" });
      });
    }

    only("tool-calls", "says where an answer ended for `tool-calls`", async () => {
      const opened = await open();
      opened.answer?.({ ...ANSWER, finishReason: "tool-calls" });
      for (const { finishReason } of await bothWays(opened)) expect(finishReason).toBe("tool-calls");
    });

    only("empty", "throws `vendor-reply-invalid` where the vendor ends without a word", async () => {
      const { port, request, answer } = await open();
      answer?.({ ...ANSWER, deltas: [] });
      expect((await failureOf(port.complete(request, unending()))).code).toBe("vendor-reply-invalid");
      expect((await failureOf(eventsOf(port.stream(request, unending())))).code).toBe("vendor-reply-invalid");
    });
  });
}
