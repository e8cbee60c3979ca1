import { Counter, Gauge, type Registry } from "prom-client";
import type { AdapterStatus } from "../../domain/health.ts";
import type { LookOutcome } from "../snapshots/snapshot-follower.ts";

/** Tells how the searches that follow a published snapshot stand; returns who counts the looks of each. */
export function watchSnapshots(
  registry: Registry,
  status: () => readonly AdapterStatus[],
): (search: string, outcome: LookOutcome) => void {
  const registers = [registry];
  const looks = new Counter({
    name: "pharos_snapshot_looks_total",
    help: "Looks for a published snapshot: `installed` another one, `unchanged`, `none` is published, or the error's code.",
    labelNames: ["search", "outcome"] as const,
    registers,
  });
  new Gauge({
    name: "pharos_snapshot_followed",
    help: "1 where a search serves what is published, 0 where its last look failed.",
    labelNames: ["search"] as const,
    registers,
    collect() {
      for (const { name: search, snapshot } of status()) {
        if (snapshot !== undefined) this.set({ search }, snapshot.problem === undefined ? 1 : 0);
      }
    },
  });
  return (search, outcome) => looks.inc({ search, outcome });
}
