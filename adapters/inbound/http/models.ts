import type { Handler } from "hono";
import type { AdapterFactory } from "../../../domain/ports/adapter-factory.ts";
import type { HttpEnvironment } from "./http-context.ts";

/** `GET /models`: the names that `/generate` takes. */
export function models(adapters: AdapterFactory): Handler<HttpEnvironment> {
  return (context) => context.json({ llm_models: adapters.models, vector_dbs: adapters.searches });
}
