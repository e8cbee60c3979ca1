import { Hono } from "hono";
import { expect, it } from "vitest";
import type { HttpEnvironment } from "../../../adapters/inbound/http/http-context.ts";
import { repeatableRequestOf } from "../../../adapters/inbound/http/idempotency-key.ts";
import type { Principal } from "../../../domain/principal.ts";

const BODY = { prompt: "Why?", llm_name: "m", vector_search_type: "s", top_k: 5, max_tokens: 10, history: [] };

async function keyOf(account: string | undefined, principal?: Principal): Promise<string | undefined> {
  const app = new Hono<HttpEnvironment>();
  app.get("/", async (context) => {
    if (account !== undefined) context.set("account", account);
    return context.json(await repeatableRequestOf(context, BODY, principal));
  });
  const response = await app.request("/", { headers: { "idempotency-key": "k" } });
  const { key } = (await response.json()) as { readonly key?: string };
  return key;
}

it("tells the same key of different accounts, users and groups apart", async () => {
  const keys = await Promise.all([
    keyOf(undefined),
    keyOf("a"),
    keyOf("b"),
    keyOf("a", { userId: "b", groups: [] }),
    keyOf("a", { userId: "b", groups: ["c"] }),
    keyOf(undefined, { userId: "a", groups: [] }),
  ]);
  expect(new Set(keys).size).toBe(keys.length);
});
