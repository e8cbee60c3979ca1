import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
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

const PHAROS: Contender = {
  name: "Pharos",
  headers: () => ({}),
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

/** Everything that stands on the way of a completion is on. */
function pharosConfig(port: number, upstream: string): string {
  return JSON.stringify({
    server: { host: "127.0.0.1", port },
    models: {
      [MODEL]: {
        adapter: "openai",
        model: MODEL,
        api_key: "sk-bench",
        base_url: `${upstream}/v1`,
        context_tokens: 128_000,
      },
    },
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
