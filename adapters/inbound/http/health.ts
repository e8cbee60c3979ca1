import type { Handler } from "hono";
import type { AdapterStatus } from "../../../domain/health.ts";
import type { HttpEnvironment } from "./http-context.ts";

/** `GET /health/live`: the process answers. */
export const live: Handler<HttpEnvironment> = (context) =>
  context.json({ status: "live", request_id: context.get("requestId") });

/**
 * `GET /health/ready`: 200 where at least one model and one search can be asked and nothing drains, else 503. An
 * open breaker takes nothing out of service: other instances see the same vendor.
 */
export function ready(status: () => readonly AdapterStatus[], draining: () => boolean): Handler<HttpEnvironment> {
  return (context) => {
    const adapters = status();
    const available = adapters.filter((adapter) => adapter.available);
    const complete = (["model", "search"] as const).every((kind) => available.some((adapter) => adapter.kind === kind));
    const answer = {
      status: draining() ? "draining" : complete ? "ready" : "unavailable",
      available: available.map(({ kind, name, breaker, snapshot, targets }) => ({
        kind,
        name,
        breaker,
        snapshot,
        targets: targets?.map(({ inFlight, ...target }) => ({ ...target, in_flight: inFlight })),
      })),
      unavailable: adapters
        .filter((adapter) => !adapter.available)
        .map(({ kind, name, reason, snapshot }) => ({ kind, name, reason, snapshot })),
      request_id: context.get("requestId"),
    };
    return context.json(answer, answer.status === "ready" ? 200 : 503);
  };
}
