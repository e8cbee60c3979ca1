import { describe, expect, it } from "vitest";
import { type AccountUse, NO_USE, type PeriodUse, sumOf } from "../../../domain/account-use.ts";
import { Allowances } from "../../../infrastructure/keys/allowances.ts";
import { keysOf, testKey } from "../../support/keys.ts";

const HASHES = [{ sha256: testKey().sha256 }];

/** Use of one day and month that never end. */
class MemoryTally {
  private readonly uses = new Map<string, PeriodUse>();

  useOf(account: string): PeriodUse {
    return this.uses.get(account) ?? { account, day: NO_USE, month: NO_USE };
  }

  add(account: string, use: AccountUse): void {
    const { day, month } = this.useOf(account);
    this.uses.set(account, { account, day: sumOf(day, use), month: sumOf(month, use) });
  }
}

function keysWith(limits: Readonly<Record<string, unknown>>) {
  return keysOf({
    app: { scopes: ["ask"], hashes: HASHES, limits },
    free: { scopes: ["ask"], hashes: [{ sha256: testKey().sha256 }] },
  });
}

function allowancesWith(limits: Readonly<Record<string, unknown>>, wall = "2026-11-26T18:00:00Z") {
  const clock = { ms: 0 };
  const clocks = { steady: () => clock.ms, wall: () => Date.parse(wall) + clock.ms };
  return { clock, allowances: new Allowances(keysWith(limits), new MemoryTally(), clocks) };
}

const spent = (usd: number, tokens = 0): AccountUse => ({ requests: 1, inputTokens: tokens, outputTokens: 0, usd });

describe("the allowances", () => {
  it("limit nothing where there is no limit", () => {
    const { allowances } = allowancesWith({});
    allowances.charge("free", spent(1_000, 1_000_000));
    for (let count = 0; count < 1_000; count++) expect(allowances.admit("free", true)).toEqual({});
    expect(allowances.admit("nobody", true)).toEqual({});
  });

  it("count admitted requests alone, so that whoever waits as told gets in", () => {
    const { allowances, clock } = allowancesWith({ requests_per_minute: 2 });
    const admit = () => allowances.admit("app", false).refusal?.retryAfterMs;
    expect([admit(), admit(), admit(), admit()]).toEqual([undefined, undefined, 30_000, 30_000]);
    clock.ms = 30_000;
    expect([admit(), admit()]).toEqual([undefined, 30_000]);
  });

  it("do not take from one account what another one used", () => {
    const { allowances } = allowancesWith({ tokens_per_minute: 10 });
    allowances.charge("free", spent(0, 100));
    expect(allowances.admit("app", true)).toEqual({ tokens: { limit: 10, remaining: 10, resetMs: 0 } });
  });

  it.each([
    ["day", "2026-11-26T18:00:00Z", 6],
    ["day", "2026-12-31T23:00:00Z", 1],
    ["month", "2026-11-26T18:00:00Z", 4 * 24 + 6],
    ["month", "2026-12-31T23:00:00Z", 1],
  ])("say that a budget of a %s, spent at %s, is there again in %d hours", (per, moment, hours) => {
    const { allowances } = allowancesWith({ budget: { usd: 2, per } }, moment);
    allowances.charge("app", spent(1.99));
    expect(allowances.admit("app", true).refusal).toBeUndefined();
    allowances.charge("app", spent(0.01));
    expect(allowances.admit("app", true).refusal).toMatchObject({
      code: "limit-exceeded",
      retryAfterMs: hours * 3_600_000,
    });
    expect(allowances.admit("app", false).refusal).toBeUndefined();
  });

  it("hold for calls under way what these may come to, so that many at once overspend no more than one", () => {
    const { allowances } = allowancesWith({ budget: { usd: 1 } });
    const releases: (() => void)[] = [];
    const begin = () => releases.push(allowances.hold("app", 100, 0.4));
    for (let count = 0; count < 3; count++) begin();
    expect(begin).toThrow(expect.objectContaining({ code: "limit-exceeded", retryAfterMs: 1_000 }));
    expect(allowances.admit("app", true).refusal).toMatchObject({ code: "limit-exceeded" });
    releases.pop()?.();
    expect(allowances.admit("app", true).refusal).toBeUndefined();
  });

  it("hold tokens too, and tell what is left beside them", () => {
    const { allowances } = allowancesWith({ tokens_per_minute: 1_000 });
    const release = allowances.hold("app", 600, 0);
    expect(allowances.admit("app", true).tokens).toMatchObject({ remaining: 400 });
    const other = allowances.hold("app", 600, 0);
    expect(() => allowances.hold("app", 1, 0)).toThrow(
      expect.objectContaining({
        message: "The key's 1000 tokens a minute may be used up by its requests under way.",
        retryAfterMs: 1_000,
      }),
    );
    other();
    release();
    allowances.charge("app", spent(0, 50));
    expect(allowances.admit("app", true)).toEqual({ tokens: { limit: 1_000, remaining: 950, resetMs: 3_000 } });
  });

  it("stay as they stand where the keys are read again, unless the limit is another", () => {
    const { allowances } = allowancesWith({ requests_per_minute: 1 });
    const remaining = () => allowances.admit("app", false);
    remaining();
    allowances.replace(keysWith({ requests_per_minute: 1 }));
    expect(remaining().refusal).toBeDefined();
    allowances.replace(keysWith({ requests_per_minute: 5 }));
    expect(remaining()).toMatchObject({ requests: { remaining: 4 } });
    allowances.replace(keysOf({}));
    expect(remaining()).toEqual({});
  });

  it("report every account, with its budget", () => {
    const { allowances } = allowancesWith({ budget: { usd: 2 } });
    allowances.charge("app", spent(0.5, 7));
    expect(allowances.reports()).toEqual([
      { account: "app", day: spent(0.5, 7), month: spent(0.5, 7), budget: { usd: 2, per: "month" } },
      { account: "free", day: NO_USE, month: NO_USE },
    ]);
  });
});
