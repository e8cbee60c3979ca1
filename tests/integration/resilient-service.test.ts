import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Log } from "../../domain/log.ts";
import { startService } from "../../infrastructure/main.ts";
import { ANSWER, TEXT } from "../contract/completion-harness.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { openaiDialect, openaiFailure } from "../support/wires/openai-wire.ts";
import { type ScriptedVendor, startScriptedVendor } from "../support/wires/scripted-vendor.ts";

const silent: Log = { info() {}, warn() {}, error() {} };

/** By its address: a module in a temporary folder finds no package by its name. */
const zod = new URL("../../node_modules/zod/index.js", import.meta.url).href;
const errors = new URL("../../domain/errors.ts", import.meta.url).href;

/** A search that finds one passage so many times, and then fails. */
const SEARCH = `
  import { z } from "${zod}";
  import { ServiceError } from "${errors}";
  export const options = z.strictObject({ succeeds: z.int() });
  export const create = ({ succeeds }) => {
    let left = succeeds;
    return {
      retrieval: {
        async retrieve() {
          left -= 1;
          if (left < 0) throw new ServiceError("retrieval-unavailable", "The engine is down.", { retryable: true });
          return { passages: [{ id: "p", documentId: "d", text: "The lamp is lit at dusk.", score: 1 }], embedMs: 0, warnings: [] };
        },
      },
    };
  };`;

// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the config.
const MISSING = "${NO_KEY}";

interface Reply {
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>>;
}

/** The real service of a config with two vendors behind the model `m`, and searches that fail. */
async function service(): Promise<{
  readonly url: string;
  readonly vendors: readonly ScriptedVendor[];
  ask(search: string): Promise<Reply>;
}> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "search.ts"), SEARCH);
  const vendors = [await startScriptedVendor(openaiDialect), await startScriptedVendor(openaiDialect)];
  for (const vendor of vendors) vendor.answer(ANSWER);
  const entry = (index: number, key = "sk-loopback-secret") => ({
    adapter: "openai",
    model: "gpt-4o",
    api_key: key,
    base_url: `${vendors[index]?.loopback.url}/v1`,
    context_tokens: 8_192,
  });
  const config = {
    // Less than the seconds that the vendor asks us to wait.
    server: { port: 0, deadline_ms: 6_000 },
    resilience: { retry_base_ms: 1, retry_max_ms: 1, breaker: { min_failures: 2 } },
    models: {
      m: { targets: [entry(0), entry(0, MISSING)], fallbacks: ["keyless", "n"] },
      n: entry(1),
      keyless: entry(1, MISSING),
    },
    searches: {
      up: { adapter: "./search.ts", succeeds: 1_000 },
      fails: { adapter: "./search.ts", succeeds: 0 },
      ungrounded: { adapter: "./search.ts", succeeds: 0, on_failure: "answer-ungrounded" },
      stale: { adapter: "./search.ts", succeeds: 1, on_failure: "stale-cache" },
    },
  };
  const configFile = join(folder, "pharos.yaml");
  await writeFile(configFile, JSON.stringify(config));
  const { url, close } = await startService({ configFile, dataDirectory: folder, variables: {} }, silent);
  onTestFinished(async () => {
    await close();
    for (const { loopback } of vendors) await loopback.close();
  });
  const ask = async (search: string) => {
    const body = JSON.stringify({ prompt: "When is the lamp lit?", llm_name: "m", vector_search_type: search });
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${url}/generate`, { method: "POST", headers, body });
    return { status: response.status, json: (await response.json()) as Reply["json"] };
  };
  return { url, vendors, ask };
}

describe("a service whose vendors fail", () => {
  it("answers with the fallback, says so, and shows each target's breaker", async () => {
    const { url, vendors, ask } = await service();
    expect(await ask("up")).toMatchObject({ status: 200, json: { response: TEXT, warnings: [] } });
    vendors[0]?.play(openaiFailure("vendor-unavailable"));
    const answered = await ask("up");
    expect(answered).toMatchObject({ status: 200, json: { response: TEXT } });
    expect(answered.json.warnings).toEqual(["The model m could not answer: n answered in its place."]);
    await ask("up");
    const ready = await fetch(`${url}/health/ready`);
    expect([ready.status, await ready.json()]).toEqual([
      200,
      expect.objectContaining({
        available: expect.arrayContaining([
          {
            kind: "model",
            name: "m",
            targets: [
              { adapter: "openai", breaker: "open", in_flight: 0 },
              { adapter: "openai", in_flight: 0, reason: "the variable NO_KEY is not set" },
            ],
          },
          { kind: "search", name: "up", breaker: "closed" },
        ]),
      }),
    ]);
  });

  it("fails at once with the vendor's error where the vendor's wait would pass the request's deadline", async () => {
    const { vendors, ask } = await service();
    for (const vendor of vendors) vendor.play(openaiFailure("rate-limited"));
    expect(await ask("up")).toMatchObject({ status: 429, json: { code: "rate-limited" } });
    expect(vendors.map((vendor) => vendor.calls())).toEqual([1, 1]);
  });

  it("tells Prometheus of requests, attempts, fallbacks, retrievals and breakers", async () => {
    const { url, vendors, ask } = await service();
    vendors[0]?.play(openaiFailure("vendor-unavailable"));
    await ask("up");
    await ask("fails");
    await fetch(`${url}/nowhere/${"x".repeat(40)}`);
    const response = await fetch(`${url}/metrics`);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/u);
    const text = await response.text();
    for (const line of [
      'pharos_http_requests_total{method="POST",route="/generate",status="200"} 1',
      'pharos_http_requests_total{method="POST",route="/generate",status="503"} 1',
      'pharos_http_request_duration_seconds_count{route="/generate"} 2',
      'pharos_completion_attempts_total{model="m",target="0",outcome="vendor-unavailable"} 2',
      'pharos_completion_attempts_total{model="n",target="0",outcome="answered"} 1',
      'pharos_completion_first_token_seconds_count{model="n",target="0"} 1',
      'pharos_completion_retries_total{model="m"} 1',
      'pharos_completion_fallbacks_total{model="m",fallback="n"} 1',
      'pharos_completion_in_flight{model="n",target="0"} 0',
      'pharos_retrievals_total{search="up",outcome="answered"} 1',
      'pharos_retrievals_total{search="fails",outcome="retrieval-unavailable"} 1',
      'pharos_breaker_state{kind="model",name="m",target="0"} 2',
      'pharos_breaker_state{kind="search",name="up",target=""} 0',
    ]) {
      expect(text).toContain(line);
    }
    expect(text).toContain("pharos_event_loop_delay_seconds_count");
    expect(text).not.toContain("xxx");
    expect(text).not.toContain("sk-loopback-secret");
  });
});

describe("a search that fails", () => {
  it("is an error, unless the config says otherwise", async () => {
    const { ask } = await service();
    expect(await ask("fails")).toMatchObject({ status: 503, json: { code: "retrieval-unavailable" } });
  });

  it("is answered without passages where the config lets the model, and the answer is marked", async () => {
    const { url, ask, vendors } = await service();
    const { status, json } = await ask("ungrounded");
    expect([status, json]).toEqual([
      200,
      expect.objectContaining({
        response: TEXT,
        passages: [],
        citations: [],
        ungrounded: true,
        warnings: [
          "The search ungrounded could not answer (retrieval-unavailable): the model answered without passages.",
        ],
      }),
    ]);
    const sent = JSON.stringify(vendors[0]?.loopback.calls[0]?.body);
    expect(sent).toContain("Answer the user's question from what you know");
    expect(sent).not.toContain("passage");
    expect((await ask("up")).json).not.toHaveProperty("ungrounded");
    const body = JSON.stringify({ query: "lamp", vector_search_type: "ungrounded" });
    const search = { method: "POST", headers: { "content-type": "application/json" }, body };
    expect((await fetch(`${url}/search`, search)).status).toBe(503);
  });

  it("is answered from what it found last where the config wants that, with a warning", async () => {
    const { ask } = await service();
    const fresh = await ask("stale");
    const stale = await ask("stale");
    expect(stale.json.passages).toEqual(fresh.json.passages);
    expect(stale.json).not.toHaveProperty("ungrounded");
    expect([fresh.json.warnings, stale.json.warnings]).toEqual([
      [],
      [expect.stringMatching(/^The search stale could not answer: these passages were found \d+ s ago\.$/u)],
    ]);
  });
});
