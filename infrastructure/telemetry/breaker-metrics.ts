import { Gauge, type Registry } from "prom-client";
import type { AdapterStatus, BreakerState } from "../../domain/health.ts";

const LEVELS: Readonly<Record<BreakerState, number>> = { closed: 0, "half-open": 1, open: 2 };

/** Tells the state of every breaker, and the attempts under way, whenever the metrics are read. */
export function watchBreakers(registry: Registry, status: () => readonly AdapterStatus[]): void {
  const registers = [registry];
  new Gauge({
    name: "pharos_breaker_state",
    help: "0 closed, 1 half-open, 2 open. A search has no target.",
    labelNames: ["kind", "name", "target"],
    registers,
    collect() {
      for (const { kind, name, breaker, targets = [] } of status()) {
        if (breaker !== undefined) this.set({ kind, name, target: "" }, LEVELS[breaker]);
        for (const [target, { breaker }] of targets.entries()) {
          if (breaker !== undefined) this.set({ kind, name, target }, LEVELS[breaker]);
        }
      }
    },
  });
  new Gauge({
    name: "pharos_completion_in_flight",
    help: "Attempts under way.",
    labelNames: ["model", "target"],
    registers,
    collect() {
      for (const { name: model, targets = [] } of status()) {
        for (const [target, { inFlight }] of targets.entries()) this.set({ model, target }, inFlight);
      }
    },
  });
}
