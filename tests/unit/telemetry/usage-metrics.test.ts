import { Registry } from "prom-client";
import { expect, it } from "vitest";
import { countUsage } from "../../../infrastructure/telemetry/usage-metrics.ts";

it("counts what each model used, and what it cost where that is known", async () => {
  const registry = new Registry();
  const listen = countUsage(registry);
  const usage = { inputTokens: 100, outputTokens: 20, cachedInputTokens: 40 };
  listen({ model: "lamp", usage: { ...usage, costUsd: 0.25 }, estimated: false, outcome: "finished" });
  listen({ model: "lamp", usage, estimated: true, outcome: "cancelled", account: "app" });
  const text = await registry.metrics();
  for (const line of [
    'pharos_tokens_total{model="lamp",kind="input"} 200',
    'pharos_tokens_total{model="lamp",kind="cached"} 80',
    'pharos_tokens_total{model="lamp",kind="output"} 40',
    'pharos_cost_usd_total{model="lamp"} 0.25',
  ])
    expect(text).toContain(line);
  expect(text).not.toContain("app");
});
