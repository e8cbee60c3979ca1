import type { Handler } from "hono";
import { ServiceError } from "../../../../domain/errors.ts";
import type { AdapterFactory } from "../../../../domain/ports/adapter-factory.ts";
import type { HttpEnvironment } from "../http-context.ts";
import { writeModelName } from "./model-name.ts";

/** `GET /v1/models`: models, models with each search that they can answer from, and embedders, in the config's order. */
export function listModels(adapters: AdapterFactory): Handler<HttpEnvironment> {
  const created = startedAt();
  return (context) => context.json({ object: "list", data: namesOf(adapters).map((id) => modelOf(id, created)) });
}

/** `GET /v1/models/{id}`: one of them. */
export function getModel(adapters: AdapterFactory): Handler<HttpEnvironment> {
  const created = startedAt();
  return (context) => {
    const id = context.req.param("id") ?? "";
    const supported = namesOf(adapters);
    if (!supported.includes(id)) throw new ServiceError("unsupported-model", `Unsupported model: ${id}`, { supported });
    return context.json(modelOf(id, created));
  };
}

function namesOf({ models, searches, embedders }: AdapterFactory): readonly string[] {
  const withSearch = models.flatMap((model) => searches.map((search) => writeModelName(model, search)));
  return [...new Set([...models, ...withSearch, ...embedders])];
}

/** Clients want a time; the config has none for its names, so it is that of the start. */
function startedAt(): number {
  return Math.floor(Date.now() / 1000);
}

function modelOf(id: string, created: number) {
  return { id, object: "model", created, owned_by: "pharos" };
}
