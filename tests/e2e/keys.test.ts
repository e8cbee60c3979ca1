import { writeFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import OpenAI, { AuthenticationError, PermissionDeniedError, RateLimitError } from "openai";
import { describe, expect, it, onTestFinished } from "vitest";
import { run } from "../support/command-line.ts";
import { type TestKey, testKey } from "../support/keys.ts";
import { OWN_RUNTIME, type ServiceProcess, startServiceProcess } from "../support/service-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { openaiDialect } from "../support/wires/openai-wire.ts";
import { type ScriptedVendor, startScriptedVendor } from "../support/wires/scripted-vendor.ts";

const ANSWER = {
  deltas: ["The lamp is lit ", "at dusk [1]."],
  finishReason: "stop",
  usage: { inputTokens: 800, outputTokens: 100, cachedInputTokens: 300 },
} as const;
/** By the prices below: 500 x 2, 300 x 1, 100 x 10 for a million tokens each. */
const COST_USD = 0.0023;

function configOf(parts: string, vendor = "http://127.0.0.1:9/v1"): string {
  return `
models:
  lamp:
    adapter: openai
    model: lamp-1
    api_key: sk-loopback-secret
    base_url: ${vendor}
    context_tokens: 8192
    price: { input: 2, cached_input: 1, output: 10 }
embedders: { lsa: { adapter: lsa } }
searches: { faiss: { adapter: faiss, embedder: lsa } }
${parts}
`;
}

/** Lines of the config for keys with these scopes and this budget. */
function keysYaml(keys: Readonly<Record<string, TestKey>>, scopes: string, limits = "{}"): string {
  const entries = Object.entries(keys).map(
    ([name, { sha256 }]) => `  ${name}: { scopes: [${scopes}], hashes: [{ sha256: "${sha256}" }], limits: ${limits} }`,
  );
  return ["keys:", ...entries].join("\n");
}

async function configFile(text: string): Promise<string> {
  const file = `${await temporaryFolder()}/pharos.yaml`;
  await writeFile(file, text);
  return file;
}

async function start(config: string, environment: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
  return startServiceProcess(OWN_RUNTIME, { environment: { PHAROS_CONFIG: await configFile(config), ...environment } });
}

/** A client that asks nobody twice. */
function clientOf({ url }: { readonly url: string }, apiKey: string): OpenAI {
  return new OpenAI({ apiKey, baseURL: `${url.replace("0.0.0.0", "127.0.0.1")}/v1`, maxRetries: 0 });
}

const CHAT = { model: "lamp", messages: [{ role: "user", content: "When is the lamp lit?" }] } as const;

function chat(client: OpenAI) {
  return client.chat.completions.create({ ...CHAT, messages: [...CHAT.messages] });
}

/** What `chat` fails with. */
async function failureOf(client: OpenAI): Promise<unknown> {
  return chat(client).catch((error: unknown) => error);
}

/** Asks a service whose corpus holds the answer. */
async function generate({ url }: ServiceProcess, key: string): Promise<unknown> {
  const send = (method: string, path: string, body: unknown) =>
    fetch(`${url.replace("0.0.0.0", "127.0.0.1")}${path}`, {
      method,
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
      body: JSON.stringify(body),
    });
  const put = await send("PUT", "/corpora/faiss/documents/lamp", { text: "The lamp is lit at dusk." });
  expect(put.status).toBe(201);
  const asked = { prompt: "When is the lamp lit?", llm_name: "lamp", vector_search_type: "faiss" };
  return (await send("POST", "/generate", asked)).json();
}

async function startVendor(): Promise<ScriptedVendor> {
  const vendor = await startScriptedVendor(openaiDialect);
  vendor.answer(ANSWER);
  onTestFinished(() => vendor.loopback.close());
  return vendor;
}

describe("the service on an address that others reach", () => {
  it("does not start without keys, and says what to do", async () => {
    const failure = await start(configOf(""), { HOST: "0.0.0.0" }).then(() => "It started.", String);
    expect(failure).toContain("0.0.0.0 can be reached by others, and there are no keys");
    expect(failure).toContain('"pharos keys create"');
    expect(failure).toContain('"anonymous: true"');
    expect(failure).not.toContain("    at ");
  });

  it("starts without keys where the config says that nobody needs one", async () => {
    const { url } = await start(configOf("anonymous: true"), { HOST: "0.0.0.0" });
    expect((await fetch(`${url.replace("0.0.0.0", "127.0.0.1")}/models`)).status).toBe(200);
  });

  it("takes its keys from PHAROS_KEYS, as a container's secret arrives, and starts without any where PHAROS_ANONYMOUS says so", async () => {
    const asker = testKey();
    const keyed = await start(configOf(""), { HOST: "0.0.0.0", PHAROS_KEYS: keysYaml({ asker }, "ask") });
    const models = (url: string, key?: string) =>
      fetch(`${url.replace("0.0.0.0", "127.0.0.1")}/models`, {
        headers: key === undefined ? {} : { "x-api-key": key },
      });
    expect((await models(keyed.url)).status).toBe(401);
    expect((await models(keyed.url, asker.key)).status).toBe(200);
    const open = await start(configOf(""), { HOST: "0.0.0.0", PHAROS_ANONYMOUS: "true" });
    expect((await models(open.url)).status).toBe(200);
    const failure = await start(configOf(""), { HOST: "0.0.0.0", PHAROS_KEYS: `keys: ${asker.key}` }).catch(String);
    expect(failure).toContain("PHAROS_KEYS.keys: must be a mapping");
    expect(failure).not.toContain(asker.key);
  });

  it("tells OpenAI's own client why it refuses, in errors of the client's classes", async () => {
    const [asker, searcher] = [testKey(), testKey()];
    const keys = keysYaml({ asker }, "ask, write").concat(
      "\n",
      keysYaml({ searcher }, "search").replace("keys:\n", ""),
    );
    const vendor = await startVendor();
    const service = await start(configOf(keys, `${vendor.loopback.url}/v1`), { HOST: "0.0.0.0" });
    for (const key of ["sk-wrong", testKey().key]) {
      const failure = await failureOf(clientOf(service, key));
      expect(failure).toBeInstanceOf(AuthenticationError);
      expect(failure).toMatchObject({ code: "invalid_api_key" });
    }
    expect(await failureOf(clientOf(service, searcher.key))).toBeInstanceOf(PermissionDeniedError);
    expect((await chat(clientOf(service, asker.key))).choices[0]?.message.content).toBe("The lamp is lit at dusk [1].");
    expect(await generate(service, asker.key)).toMatchObject({
      usage: { input_tokens: 800, cost_usd: expect.closeTo(COST_USD, 12) },
    });
    await service.stop("SIGINT");
    const file = new DatabaseSync(`${service.dataDirectory}/usage.sqlite`, { readOnly: true });
    expect(file.prepare("SELECT account, requests, inputTokens FROM use").all()).toEqual([
      { account: "asker", requests: 2, inputTokens: 1_600 },
    ]);
    file.close();
    const log = JSON.stringify(service.log);
    for (const { key } of [asker, searcher]) expect(log).not.toContain(key);
    expect(service.log).toContainEqual(
      expect.objectContaining({
        message: "usage",
        request_id: expect.stringMatching(/^[0-9a-f-]{36}$/u),
        account: "asker",
        model: "lamp",
        input_tokens: 800,
        output_tokens: 100,
        cached_input_tokens: 300,
        cost_usd: expect.closeTo(COST_USD, 12),
        estimated: false,
        outcome: "finished",
      }),
    );
  });
});

describe("a key of the service", () => {
  it("is wanted on loopback too where there are keys", async () => {
    const { url } = await start(configOf(keysYaml({ app: testKey() }, "ask")));
    expect((await fetch(`${url}/models`)).status).toBe(401);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
  });

  it("is one that `pharos keys create` printed, with the lines that it printed", async () => {
    const made = await run(await temporaryFolder(), "keys", "create", "--name", "app", "--scopes", "ask,search");
    expect([made.code, made.progress]).toEqual([0, ""]);
    const [key = "", , ...lines] = made.output.split("\n");
    expect(lines.join("\n")).not.toContain(key);
    const { url } = await start(configOf(lines.join("\n")));
    const authorization = `Bearer ${key}`;
    expect((await fetch(`${url}/models`, { headers: { authorization } })).status).toBe(200);
    const file = `${await temporaryFolder()}/keys.yaml`;
    await writeFile(file, lines.join("\n"));
    const other = await start(configOf(`keys_file: ${file}`));
    expect((await fetch(`${other.url}/models`, { headers: { authorization } })).status).toBe(200);
  });

  it("does not get past its budget by a kill and a restart", { timeout: 60_000 }, async () => {
    const app = testKey();
    const vendor = await startVendor();
    const limits = `{ budget: { usd: ${COST_USD * 1.5} } }`;
    const models = configOf(keysYaml({ app }, "ask", limits), `${vendor.loopback.url}/v1`).replace(
      "models:",
      "models:\n  extractive: { adapter: extractive }",
    );
    const config = await configFile(models);
    const dataDirectory = await temporaryFolder();
    const options = { dataDirectory, environment: { PHAROS_CONFIG: config } };
    const first = await startServiceProcess(OWN_RUNTIME, options);
    const unpriced = "models without a price count against no budget";
    expect(first.log).toContainEqual(expect.objectContaining({ message: unpriced, models: ["extractive"] }));
    for (let count = 0; count < 2; count++) await chat(clientOf(first, app.key));
    const file = new DatabaseSync(`${dataDirectory}/usage.sqlite`, { readOnly: true });
    onTestFinished(() => file.close());
    const written = () => file.prepare("SELECT TOTAL(requests) AS requests FROM use").get()?.requests;
    await expect.poll(written, { timeout: 10_000 }).toBe(2);
    await first.stop("SIGKILL");

    const second = await startServiceProcess(OWN_RUNTIME, options);
    const refused = await failureOf(clientOf(second, app.key));
    expect(refused).toBeInstanceOf(RateLimitError);
    expect(refused).toMatchObject({ code: "limit_exceeded" });
    expect((refused as RateLimitError).headers?.get("retry-after")).toMatch(/^\d+$/u);
    expect(String(refused)).toContain("budget");
    expect(vendor.calls()).toBe(2);
  });

  it("pays for what the vendor wrote until the caller went away", { timeout: 30_000 }, async () => {
    const [app, admin] = [testKey(), testKey()];
    const vendor = await startVendor();
    const keys = keysYaml({ app }, "ask").concat("\n", keysYaml({ admin }, "admin").replace("keys:\n", ""));
    const service = await start(configOf(keys, `${vendor.loopback.url}/v1`));
    const stall = vendor.stall(ANSWER.deltas);
    const client = clientOf(service, app.key);
    let text = "";
    const stream = await client.chat.completions.create({ ...CHAT, messages: [...CHAT.messages], stream: true });
    for await (const { choices } of stream) {
      text += choices[0]?.delta.content ?? "";
      if (text === ANSWER.deltas.join("")) break;
    }
    await stall.stopped;
    const used = async () => {
      const answer = await fetch(`${service.url}/usage`, { headers: { "x-api-key": admin.key } });
      const told = (await answer.json()) as {
        readonly keys: readonly { name: string; month: Record<string, number> }[];
      };
      return told.keys.find(({ name }) => name === "app")?.month;
    };
    await expect.poll(used).toMatchObject({ requests: 1 });
    const month = await used();
    expect(month?.input_tokens).toBeGreaterThan(5);
    expect(month?.output_tokens).toBe(9);
    expect(month?.cost_usd).toBeCloseTo(((month?.input_tokens ?? 0) * 2 + 9 * 10) / 1_000_000, 12);
    await service.stop("SIGTERM");
    expect(service.log).toContainEqual(
      expect.objectContaining({ message: "usage", outcome: "cancelled", estimated: true, account: "app" }),
    );
  });
});
