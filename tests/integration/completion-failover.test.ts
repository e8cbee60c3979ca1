import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Log } from "../../domain/log.ts";
import type { CompletionEvent } from "../../domain/ports/completion-port.ts";
import { type Application, buildApplication } from "../../infrastructure/application.ts";
import { loadConfig } from "../../infrastructure/config/load.ts";
import {
  ANSWER,
  collected,
  consumeInto,
  DELTAS,
  eventsOf,
  failureOf,
  REQUEST,
  TEXT,
} from "../contract/completion-harness.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { watchedSignal } from "../support/watched-signal.ts";
import { replyJson } from "../support/wires/loopback.ts";
import { openaiDialect, openaiFailure } from "../support/wires/openai-wire.ts";
import { type ScriptedVendor, startScriptedVendor } from "../support/wires/scripted-vendor.ts";

const silent: Log = { info() {}, warn() {}, error() {} };

async function vendor(): Promise<ScriptedVendor> {
  const started = await startScriptedVendor(openaiDialect);
  onTestFinished(() => started.loopback.close());
  started.answer(ANSWER);
  return started;
}

/** An address where nobody listens any more. */
async function refusing(): Promise<string> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return `http://127.0.0.1:${port}`;
}

/** The application of a config whose model `m` has these targets; the first is as good as always asked first. */
async function application(
  urls: readonly string[],
  settings: Readonly<Record<string, unknown>> = {},
): Promise<Application> {
  const folder = await temporaryFolder();
  const configFile = join(folder, "pharos.yaml");
  const target = (url: string) => ({
    adapter: "openai",
    model: "gpt-4o",
    api_key: "sk-loopback-secret",
    base_url: `${url}/v1`,
    context_tokens: 8_192,
  });
  const targets = urls.map((url, index) => ({ ...target(url), weight: index === 0 ? 1_000 : 0.001 }));
  const config = { resilience: { retry_base_ms: 1, retry_max_ms: 1, ...settings }, models: { m: { targets } } };
  // JSON is YAML too.
  await writeFile(configFile, JSON.stringify(config));
  const built = await buildApplication(await loadConfig({ configFile, dataDirectory: folder, variables: {} }), silent);
  onTestFinished(() => built.close());
  return built;
}

describe("completions over real sockets", () => {
  it("are answered by another target where one refuses its connections", async () => {
    const other = await vendor();
    const { adapters } = await application([await refusing(), other.loopback.url]);
    const port = adapters.completion("m");
    const watched = watchedSignal();
    expect((await port.complete(REQUEST, watched.signal)).text).toBe(TEXT);
    expect(collected(await eventsOf(port.stream(REQUEST, watched.signal))).text).toBe(TEXT);
    await watched.unheard();
    expect(other.calls()).toBe(2);
  });

  for (const how of ["end", "drop"] as const) {
    it(`are an error, and never begun a second time, where a stream breaks midway (${how})`, async () => {
      const [broken, other] = [await vendor(), await vendor()];
      broken.breakOff(DELTAS.slice(0, 3), how);
      const { adapters } = await application([broken.loopback.url, other.loopback.url]);
      const events: CompletionEvent[] = [];
      const watched = watchedSignal();
      const reading = consumeInto(events, adapters.completion("m").stream(REQUEST, watched.signal));
      expect(["vendor-unavailable", "vendor-reply-invalid"]).toContain((await failureOf(reading)).code);
      await watched.unheard();
      expect(events.length).toBeGreaterThan(0);
      expect([broken.calls(), other.calls()]).toEqual([1, 0]);
    });
  }

  it("are answered by another target where one stalls before its head, and that one learns that nobody waits", async () => {
    const [stalling, other] = [await vendor(), await vendor()];
    const stall = stalling.stall([]);
    const { adapters } = await application([stalling.loopback.url, other.loopback.url], { first_token_ms: 1_500 });
    const watched = watchedSignal();
    const answer = await eventsOf(adapters.completion("m").stream(REQUEST, watched.signal));
    expect(collected(answer).text).toBe(TEXT);
    await stall.stopped;
    await watched.unheard();
    expect([stalling.calls(), other.calls()]).toEqual([1, 1]);
  });

  it("wait as `retry-after` says, and fail at once where that is later than the deadline", async () => {
    const only = await vendor();
    only.play((call) => {
      replyJson(
        call,
        429,
        { error: { message: "Slow down.", code: "rate_limit_exceeded" } },
        { "retry-after-ms": "20" },
      );
      only.answer(ANSWER);
    });
    const { adapters } = await application([only.loopback.url], { total_ms: 5_000 });
    const port = adapters.completion("m");
    expect((await port.complete(REQUEST, new AbortController().signal)).text).toBe(TEXT);
    expect(only.calls()).toBe(2);
    only.play(openaiFailure("rate-limited"));
    const failed = await failureOf(port.complete(REQUEST, new AbortController().signal));
    expect(failed).toMatchObject({ code: "rate-limited", retryAfterMs: 7_000 });
    expect(only.calls()).toBe(3);
  });

  it("ask once more where every breaker is open, and close it where that succeeds", async () => {
    const [one, two] = [await vendor(), await vendor()];
    for (const failing of [one, two]) failing.play(openaiFailure("vendor-unavailable"));
    const { adapters, metrics } = await application([one.loopback.url, two.loopback.url], {
      attempts: 2,
      breaker: { min_failures: 2, open_ms: 3_600_000 },
    });
    const port = adapters.completion("m");
    const states = () => adapters.status()[0]?.targets?.map(({ breaker }) => breaker);
    for (let time = 0; time < 2; time += 1) await failureOf(port.complete(REQUEST, new AbortController().signal));
    expect(states()).toEqual(["open", "open"]);
    expect([one.calls(), two.calls()]).toEqual([2, 2]);
    expect((await failureOf(port.complete(REQUEST, new AbortController().signal))).code).toBe("vendor-unavailable");
    expect(one.calls() + two.calls()).toBe(5);
    for (const mended of [one, two]) mended.answer(ANSWER);
    expect((await port.complete(REQUEST, new AbortController().signal)).text).toBe(TEXT);
    expect(states()?.toSorted()).toEqual(["closed", "open"]);
    const text = await metrics.text();
    expect(text).toContain('pharos_completion_last_resorts_total{model="m"} 2');
    expect(text).toContain('pharos_completion_attempts_total{model="m",target="0",outcome="vendor-unavailable"}');
    expect(text).toMatch(/pharos_breaker_state\{kind="model",name="m",target="[01]"\} 2/u);
  });
});
