import { Counter, type Registry } from "prom-client";
import type { UsageListener } from "../metering/usage-record.ts";

/** Counts the tokens and the cost of each model; what each key uses is told by `GET /usage`. */
export function countUsage(registry: Registry): UsageListener {
  const registers = [registry];
  const tokens = new Counter({
    name: "pharos_tokens_total",
    help: "Tokens of models: `input` whole, the part of it that was `cached`, and `output`.",
    labelNames: ["model", "kind"] as const,
    registers,
  });
  const cost = new Counter({
    name: "pharos_cost_usd_total",
    help: "US dollars that models with a price have cost.",
    labelNames: ["model"] as const,
    registers,
  });
  return ({ model, usage }) => {
    tokens.inc({ model, kind: "input" }, usage.inputTokens);
    tokens.inc({ model, kind: "cached" }, usage.cachedInputTokens);
    tokens.inc({ model, kind: "output" }, usage.outputTokens);
    if (usage.costUsd !== undefined) cost.inc({ model }, usage.costUsd);
  };
}
