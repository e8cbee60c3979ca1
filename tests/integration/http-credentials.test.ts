import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ACCESS } from "../../adapters/inbound/http/access.ts";
import type { Scope } from "../../domain/ports/keyring-port.ts";
import { type Keys, openKeys } from "../../infrastructure/keys/open-keys.ts";
import { keysOf, testKey } from "../support/keys.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { type Fields, QUESTION, type Service, startService } from "./http-harness.ts";

/** The scopes that pass alone at each route, whether the code says so or not; `open` wants no key. */
const PASSES: Readonly<Record<string, "open" | readonly Scope[]>> = {
  "GET /": "open",
  "GET /health/live": "open",
  "GET /health/ready": "open",
  "GET /models": ["ask", "search", "write", "admin"],
  "GET /v1/models": ["ask", "search", "write", "admin"],
  "GET /v1/models/:id{.+}": ["ask", "search", "write", "admin"],
  "POST /generate": ["ask", "admin"],
  "POST /v1/chat/completions": ["ask", "admin"],
  "POST /v1/responses": ["ask", "admin"],
  "POST /v1/embeddings": ["ask", "admin"],
  "POST /search": ["search", "admin"],
  "GET /corpora": ["search", "write", "admin"],
  "GET /corpora/:name/documents/:id{.+}": ["search", "admin"],
  "PUT /corpora/:name/documents/:id{.+}": ["write", "admin"],
  "DELETE /corpora/:name/documents/:id{.+}": ["write", "admin"],
  "POST /corpora/:name/delete": ["write", "admin"],
  "GET /usage": ["admin"],
  "GET /metrics": ["admin"],
};

const KEYS = {
  ask: testKey(),
  search: testKey(),
  write: testKey(),
  admin: testKey(),
  expired: testKey(),
  early: testKey(),
  revoked: testKey(),
  unknown: testKey(),
};

const YESTERDAY = new Date(Date.now() - 86_400_000).toISOString();
const TOMORROW = new Date(Date.now() + 86_400_000).toISOString();

const bearer = ({ key }: { readonly key: string }) => ({ authorization: `Bearer ${key}` });

/** Headers that no route takes but the open ones. */
const REFUSED: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ["no key", {}],
  ["an empty authorization", { authorization: "" }],
  ["another scheme", { authorization: `Basic ${KEYS.admin.key}` }],
  ["the scheme alone", { authorization: "Bearer" }],
  ["the key without a scheme", { authorization: KEYS.admin.key }],
  ["two keys in one header", { authorization: `Bearer ${KEYS.admin.key} ${KEYS.admin.key}` }],
  ["two schemes in one header", { authorization: `Bearer ${KEYS.admin.key}, Bearer ${KEYS.admin.key}` }],
  ["an empty x-api-key", { "x-api-key": "" }],
  ["a word", { authorization: "Bearer opensesame" }],
  ["a key's hash", { authorization: `Bearer ${KEYS.admin.sha256}` }],
  ["a part of a key", { authorization: `Bearer ${KEYS.admin.key.slice(0, -1)}` }],
  ["a key with more behind it", { authorization: `Bearer ${KEYS.admin.key}x` }],
  ["a long text", { authorization: `Bearer ${"x".repeat(4_000)}` }],
  ["an unknown key", bearer(KEYS.unknown)],
  ["an expired key", bearer(KEYS.expired)],
  ["a key that is not valid yet", bearer(KEYS.early)],
  ["a key that was taken out of the file", bearer(KEYS.revoked)],
  ["two different keys", { ...bearer(KEYS.admin), "x-api-key": KEYS.ask.key }],
  ["two different keys, one of them unknown", { ...bearer(KEYS.unknown), "x-api-key": KEYS.admin.key }],
];

interface KeyedService extends Service {
  readonly keys: Keys;
}

/** The service with a key for each scope in the config, and one that its file of keys held when it started. */
async function startKeyed(limits: Fields = {}): Promise<KeyedService> {
  const folder = await temporaryFolder();
  const file = join(folder, "keys.yaml");
  const keysFile = (keys: Fields) => writeFile(file, JSON.stringify({ keys }));
  await keysFile({ gone: { scopes: ["admin"], hashes: [{ sha256: KEYS.revoked.sha256 }] } });
  const readAgain = Promise.withResolvers<void>();
  const log = {
    info: (_: Fields, message: string) => message === "keys read again" && readAgain.resolve(),
    warn() {},
    error: (fields: Fields) => readAgain.reject(new Error(String(fields.reason))),
  };
  const scoped = (scope: Scope) => ({ scopes: [scope], hashes: [{ sha256: KEYS[scope].sha256 }], limits });
  const keys = await openKeys(
    {
      keys: keysOf({
        asker: scoped("ask"),
        searcher: scoped("search"),
        writer: scoped("write"),
        admin: scoped("admin"),
        past: { scopes: ["admin"], hashes: [{ sha256: KEYS.expired.sha256, expires: YESTERDAY }] },
        future: { scopes: ["admin"], hashes: [{ sha256: KEYS.early.sha256, not_before: TOMORROW }] },
      }),
      keys_file: "keys.yaml",
      directory: folder,
      dataDirectory: folder,
    },
    log,
    5,
  );
  if (keys === undefined) throw new Error("There are no keys.");
  onTestFinished(() => keys.close());
  expect(keys.keyring.identify(KEYS.revoked.key).account).toBe("gone");
  await keysFile({});
  await readAgain.promise;
  return { ...(await startService({}, { callers: keys })), keys };
}

interface Route {
  readonly name: string;
  readonly method: string;
  readonly path: string;
}

function routesOf({ routes }: Service): readonly Route[] {
  const own = routes.filter(({ method }) => method !== "ALL");
  const names = new Set(own.map(({ method, path }) => `${method} ${path}`));
  return [...names].map((name) => {
    const [method = "", pattern = ""] = name.split(" ");
    const path = pattern.replace(":name", "memory").replaceAll(/:\w+(?:\{[^}]*\})?/gu, "some");
    return { name, method, path };
  });
}

/** The code of an error, in our shape or in OpenAI's. */
function codeOf(json: Fields | undefined): unknown {
  const { error } = json ?? {};
  return typeof error === "object" && error !== null && "code" in error ? error.code : json?.code;
}

function codesOf({ path }: Route): readonly [unauthenticated: string, forbidden: string] {
  return path.startsWith("/v1/") ? ["invalid_api_key", "insufficient_permissions"] : ["unauthenticated", "forbidden"];
}

function ask({ send }: Service, { method, path }: Route, headers: Readonly<Record<string, string>>) {
  return send(method, path, method === "POST" || method === "PUT" ? {} : undefined, headers);
}

describe("the routes of a service with keys", () => {
  it("have a rule each, and one in the code", async () => {
    const service = await startKeyed();
    const names = routesOf(service).map(({ name }) => name);
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !Object.hasOwn(PASSES, name))).toEqual([]);
    expect(names.filter((name) => !Object.hasOwn(ACCESS, name))).toEqual([]);
  });

  it.each(REFUSED)("are closed to %s, but for those that are open", async (_, headers) => {
    const service = await startKeyed();
    for (const route of routesOf(service)) {
      const { status, headers: answered, json } = await ask(service, route, headers);
      if (PASSES[route.name] === "open") expect([route.name, status]).toEqual([route.name, 200]);
      else {
        expect([route.name, status, codeOf(json)]).toEqual([route.name, 401, codesOf(route)[0]]);
        expect(answered.get("www-authenticate")).toBe("Bearer");
      }
    }
  });

  it.each(["ask", "search", "write", "admin"] as const)(
    "let the scope %s do what it is for, and nothing else",
    async (scope) => {
      const service = await startKeyed();
      const { key } = KEYS[scope];
      for (const headers of [bearer({ key }), { "x-api-key": key }, { ...bearer({ key }), "x-api-key": key }]) {
        for (const route of routesOf(service)) {
          const passes = PASSES[route.name];
          const { status, json } = await ask(service, route, headers);
          if (passes === "open" || passes?.includes(scope)) expect([401, 403], route.name).not.toContain(status);
          else expect([route.name, status, codeOf(json)]).toEqual([route.name, 403, codesOf(route)[1]]);
        }
      }
    },
  );

  it("tell nobody without a key whether an address is there, nor which methods it takes", async () => {
    const { send } = await startKeyed();
    for (const [method, path] of [
      ["GET", "/nowhere"],
      ["DELETE", "/generate"],
      ["OPTIONS", "/generate"],
      ["GET", "//generate"],
    ] as const)
      expect([path, (await send(method, path)).status]).toEqual([path, 401]);
    expect((await send("GET", "/nowhere", undefined, bearer(KEYS.ask))).status).toBe(404);
    expect((await send("DELETE", "/generate", undefined, bearer(KEYS.ask))).status).toBe(405);
  });

  it("take HEAD as GET", async () => {
    const { send } = await startKeyed();
    expect((await send("HEAD", "/corpora")).status).toBe(401);
    expect((await send("HEAD", "/corpora", undefined, bearer(KEYS.ask))).status).toBe(403);
    expect((await send("HEAD", "/corpora", undefined, bearer(KEYS.search))).status).toBe(200);
  });
});

describe("a request under a key", () => {
  it("goes to the model on the key's account, which the log names, and the key nowhere", async () => {
    const { send, adapters, log } = await startKeyed();
    expect((await send("POST", "/generate", QUESTION, bearer(KEYS.ask))).status).toBe(200);
    expect(adapters.model.requests[0]?.account).toBe("asker");
    const { request_id } = await log.line("route", "/generate");
    expect(log.lines).toEqual([expect.objectContaining({ account: "asker", status: 200 })]);
    expect(adapters.model.requests[0]?.requestId).toBe(request_id);
    const messages = [{ role: "user", content: "Why?" }];
    expect((await send("POST", "/v1/chat/completions", { model: "fake", messages }, bearer(KEYS.ask))).status).toBe(
      200,
    );
    expect(adapters.model.requests[1]).toMatchObject({ account: "asker", requestId: expect.any(String) });
    await send("POST", "/generate", QUESTION, bearer(KEYS.unknown));
    await send("POST", "/generate", QUESTION, { ...bearer(KEYS.expired), "x-api-key": KEYS.ask.key });
    expect((await log.line("code", "unauthenticated")).account).toBeUndefined();
    for (const { key } of Object.values(KEYS)) expect(JSON.stringify(log.lines)).not.toContain(key);
  });

  it("is counted, and refused with 429 once the minute's requests are used up", async () => {
    const { send } = await startKeyed({ requests_per_minute: 2 });
    const answers = [];
    for (let count = 0; count < 3; count++) answers.push(await send("POST", "/search", {}, bearer(KEYS.search)));
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 429]);
    expect(answers.map(({ headers }) => headers.get("x-ratelimit-remaining-requests"))).toEqual(["1", "0", "0"]);
    const [, , refused] = answers;
    expect(refused?.json?.code).toBe("limit-exceeded");
    expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(Number(refused?.headers.get("retry-after"))).toBeLessThanOrEqual(30);
    expect(refused?.headers.get("x-ratelimit-limit-requests")).toBe("2");
    expect(refused?.headers.get("x-ratelimit-reset-requests")).toMatch(/^(?:\d+ms|[\d.]+s|\d+m\d+s)$/u);
    expect((await send("GET", "/models", undefined, bearer(KEYS.ask))).status).toBe(200);
  });

  it("is refused where it would spend what is spent already, and only there", async () => {
    const { send, keys } = await startKeyed({ tokens_per_minute: 1_000, budget: { usd: 1, per: "day" } });
    const generate = () => send("POST", "/generate", QUESTION, bearer(KEYS.ask));
    const first = await generate();
    expect([first.status, first.headers.get("x-ratelimit-remaining-tokens")]).toEqual([200, "1000"]);
    const stream = await send("POST", "/generate", { ...QUESTION, stream: true }, bearer(KEYS.ask));
    expect([stream.status, stream.headers.get("x-ratelimit-limit-tokens")]).toEqual([200, "1000"]);
    keys.allowances.charge("asker", { requests: 1, inputTokens: 900, outputTokens: 200, usd: 0.5 });
    const tokens = await generate();
    expect([tokens.status, tokens.json?.code]).toEqual([429, "limit-exceeded"]);
    expect(tokens.headers.get("x-ratelimit-remaining-tokens")).toBe("0");
    expect(Number(tokens.headers.get("retry-after"))).toBeLessThanOrEqual(7);
    expect((await send("GET", "/models", undefined, bearer(KEYS.ask))).status).toBe(200);

    keys.allowances.charge("admin", { requests: 1, inputTokens: 9, outputTokens: 1, usd: 1 });
    const budget = await send("POST", "/generate", QUESTION, bearer(KEYS.admin));
    expect([budget.status, budget.json?.detail]).toEqual([429, "The key's budget of 1 US dollars a day is used up."]);
    expect(budget.headers.get("x-should-retry")).toBe(Number(budget.headers.get("retry-after")) > 60 ? "false" : null);
    expect((await send("POST", "/search", {}, bearer(KEYS.admin))).status).toBe(400);
  });

  it("of an admin is told what each key has used", async () => {
    const { send, keys } = await startKeyed({ budget: { usd: 5 } });
    keys.allowances.charge("asker", { requests: 1, inputTokens: 10, outputTokens: 4, usd: 0.25 });
    const { json, headers } = await send("GET", "/usage", undefined, bearer(KEYS.admin));
    const used = { requests: 1, input_tokens: 10, output_tokens: 4, cost_usd: 0.25 };
    const nothing = { requests: 0, input_tokens: 0, output_tokens: 0, cost_usd: 0 };
    const budget = { usd: 5, per: "month" };
    expect(json?.keys).toEqual([
      { name: "asker", day: used, month: used, budget },
      ...["searcher", "writer", "admin"].map((name) => ({ name, day: nothing, month: nothing, budget })),
      ...["past", "future"].map((name) => ({ name, day: nothing, month: nothing })),
    ]);
    expect(headers.get("cache-control")).toBe("no-store");
  });
});

it("a service without keys takes everything, whatever keys are shown", async () => {
  const { send } = await startService();
  for (const headers of [{}, { authorization: "Basic x" }, { ...bearer(KEYS.ask), "x-api-key": "y" }])
    expect((await send("POST", "/generate", QUESTION, headers)).status).toBe(200);
  expect((await send("GET", "/usage")).status).toBe(404);
});
