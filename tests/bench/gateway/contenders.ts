import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { digestOf, newKey } from "../../../infrastructure/keys/secret.ts";
import type { LoadTarget } from "./load.ts";
import { freePort, type Listening, startListening } from "./processes.ts";

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const PORTKEY = file("../node_modules/@portkey-ai/gateway/build/start-server.js");

/** A gateway under measurement. */
export interface Contender {
  readonly name: string;
  /** What every request to it has to say. */
  headers(upstream: string): Readonly<Record<string, string>>;
  /** Starts it before the upstream, which is the address of a server without a path. */
  start(upstream: string, core: number | undefined, folder: string): Promise<Listening>;
}

const script = (name: string, path: string): Contender => ({
  name,
  headers: () => ({}),
  start: async (upstream, core, folder) => {
    const port = await freePort();
    return startListening(port, [file(path), String(port), upstream], { core, log: join(folder, "log") });
  },
});

/** What callers show to Pharos. */
const KEY = newKey();

const PHAROS: Contender = {
  name: "Pharos",
  headers: () => ({ authorization: `Bearer ${KEY}` }),
  start: async (upstream, core, folder) => {
    const port = await freePort();
    const data = mkdtempSync(join(folder, "pharos-"));
    const config = join(data, "pharos.yaml");
    writeFileSync(config, pharosConfig(port, upstream));
    mkdirSync(join(data, "data"));
    const environment = { HOME: data, PHAROS_CONFIG: config, PHAROS_DATA: join(data, "data") };
    const log = join(folder, "log");
    return startListening(port, [file("../../../infrastructure/main.ts")], { core, environment, log });
  },
};

const PORTKEY_GATEWAY: Contender = {
  name: "@portkey-ai/gateway",
  headers: (upstream) => ({
    authorization: "Bearer sk-bench",
    "x-portkey-provider": "openai",
    "x-portkey-custom-host": `${upstream}/v1`,
  }),
  start: async (_, core, folder) => {
    if (!existsSync(PORTKEY)) throw new Error("@portkey-ai/gateway is not installed beside the bench.");
    const port = await freePort();
    return startListening(port, [PORTKEY, `--port=${port}`, "--headless"], { core, log: join(folder, "log") });
  },
};

/** The first is what all are measured in; the last is ours. */
export const CONTENDERS: readonly Contender[] = [
  script("node:http + undici dispatch", "contenders/bare.ts"),
  script("Hono + openai SDK", "contenders/hono-openai.ts"),
  PORTKEY_GATEWAY,
  PHAROS,
];

const MODEL = "gpt-4o";

/**
 * Everything that stands on the way of a completion is on, with bounds that nobody reaches: a key with all its limits, a price,
 * retries, a breaker and bounds of time, a cache of answers. The log of requests and the metrics always are.
 */
function pharosConfig(port: number, upstream: string): string {
  const model = {
    adapter: "openai",
    model: MODEL,
    api_key: "sk-bench",
    base_url: `${upstream}/v1`,
    context_tokens: 128_000,
    price: { input: 0.000_25, cached_input: 0.000_125, output: 0.001 },
  };
  const limits = {
    requests_per_minute: 1_000_000_000,
    tokens_per_minute: 1_000_000_000_000,
    budget: { usd: 1_000_000_000, per: "month" },
  };
  const hashes = [{ sha256: digestOf(KEY).toString("hex"), expires: "2999-01-01" }];
  return JSON.stringify({
    server: { host: "127.0.0.1", port },
    keys: { bench: { scopes: ["ask"], hashes, limits } },
    models: { [MODEL]: model },
    resilience: {
      attempts: 2,
      first_token_ms: 10_000,
      idle_ms: 10_000,
      attempt_ms: 60_000,
      total_ms: 120_000,
      breaker: { window_ms: 30_000, min_failures: 5, failure_share: 0.5, open_ms: 15_000 },
    },
    answer_cache: { max_bytes: 64 * 1024 * 1024 },
  });
}

/** The same request for everyone. */
export function targetOf(contender: Contender, port: number, upstream: string, streamed: boolean): LoadTarget {
  const body = {
    model: MODEL,
    messages: [
      { role: "system", content: "You are a helpful assistant." },
      { role: "user", content: "Name as many words as you can think of, and nothing else." },
    ],
    max_tokens: 256,
    ...(streamed ? { stream: true } : {}),
  };
  return { port, headers: contender.headers(upstream), body: JSON.stringify(body) };
}

/** Starts the vendor that all of them ask. */
export async function startUpstream(core: number | undefined, folder: string): Promise<Listening> {
  const port = await freePort();
  return startListening(port, [file("upstream.ts"), String(port)], { core, log: join(folder, "log") });
}
