import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { checkService, type ServiceCheck } from "../../../infrastructure/aws/smoke-service.ts";
import { testKey } from "../../support/keys.ts";
import { OWN_RUNTIME, startServiceProcess } from "../../support/service-process.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const SAMPLE = fileURLToPath(new URL("../../../docs/retrieval.md", import.meta.url));

/** What the check finds, or its failure's message. The pauses take no time. */
async function check(asked: ServiceCheck): Promise<readonly string[]> {
  return checkService(asked, async () => undefined).catch((error: Error) => [`${error.name}: ${error.message}`]);
}

async function startWith(lines: string) {
  const file = `${await temporaryFolder()}/pharos.yaml`;
  await writeFile(
    file,
    `embedders: { lsa: { adapter: lsa } }
searches: { faiss: { adapter: faiss, embedder: lsa } }
sample: { corpus: faiss, paths: [${JSON.stringify(SAMPLE)}] }
${lines}
`,
  );
  return startServiceProcess(OWN_RUNTIME, { environment: { PHAROS_CONFIG: file } });
}

/** A server that is no Pharos, or that is one in part. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const READY = JSON.stringify({
  available: [
    { kind: "model", name: "extractive" },
    { kind: "search", name: "faiss" },
  ],
});

describe("the check of a service that callers need keys for", () => {
  it("is refused without a key, and with one gets an answer whose citations are verified", async () => {
    const { key, sha256 } = testKey();
    const { url } = await startWith(
      `models: { extractive: { adapter: extractive } }\nkeys: { smoke: { scopes: [ask], hashes: [{ sha256: "${sha256}" }] } }`,
    );
    const refused = [`${url} is ready.`, "/generate refuses a caller without a key."];
    expect(await check({ url, keysRequired: true, key })).toEqual([
      ...refused,
      expect.stringMatching(/^\/generate answers from faiss with [1-9] verified citations?\.$/u),
    ]);
    expect(await check({ url, keysRequired: true })).toEqual([
      ...refused,
      "No pharos:smokeKey is set: /generate was not asked with a key.",
    ]);
    const other = testKey().key;
    const failed = await check({ url, keysRequired: true, key: other });
    expect(failed).toEqual(["SmokeFailure: /generate answers 401 unauthenticated to extractive over faiss."]);
    expect(JSON.stringify(failed)).not.toContain(other);
  });
});

describe("the check of a service without keys", () => {
  it("gets a cited answer, and fails where one without a key must not be had", async () => {
    const { url } = await startWith("models: { extractive: { adapter: extractive } }");
    expect(await check({ url, keysRequired: false })).toEqual([
      `${url} is ready.`,
      expect.stringMatching(/verified citation/u),
    ]);
    expect(await check({ url, keysRequired: true })).toEqual([
      "SmokeFailure: /generate answers 200 to a caller without a key, and not 401.",
    ]);
    expect(await check({ url, keysRequired: false, prompt: "How do I bake sourdough bread?" })).toEqual([
      expect.stringMatching(/without a verified citation \(no-answer\).*pharos:smokePrompt/u),
    ]);
  });

  it("says so where the config has no model extractive", async () => {
    const { url } = await startWith(
      "models: { lamp: { adapter: openai, model: lamp, api_key: x, base_url: http://127.0.0.1:9/v1, context_tokens: 8192 } }",
    );
    expect(await check({ url, keysRequired: false })).toEqual([
      `${url} is ready.`,
      "The config has no model extractive: /generate was not asked.",
    ]);
  });
});

describe("the check of an HTTPS listener", () => {
  it.each([
    ["pharos.example.com", "pharos.example.com"],
    ["*.example.com", "pharos.example.com"],
  ])("wants a certificate for %s, whatever the load balancer is called", async (certificateName, wanted) => {
    const names: string[] = [];
    const server = createTlsServer({
      SNICallback: (name, callback) => {
        names.push(name);
        callback(new Error("no certificate"));
      },
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => {
      server.close();
    });
    const url = `https://localhost:${(server.address() as AddressInfo).port}`;
    expect(await check({ url, certificateName, keysRequired: false })).toEqual([
      expect.stringMatching(/cannot be asked: (ECONNRESET|ERR_SSL_|UND_ERR_SOCKET|EPROTO)/u),
    ]);
    expect(new Set(names)).toEqual(new Set([wanted]));
  });
});

describe("the wait until a service is ready", () => {
  it("asks again while the load balancer has no task that is ready", async () => {
    let asked = 0;
    const url = await serve((request, response) => {
      if (request.url === "/health/ready") response.writeHead(++asked < 3 ? 503 : 200).end(READY);
      else response.end(JSON.stringify({ citations: [{ verified: true }], finish_reason: "stop" }));
    });
    expect(await check({ url, keysRequired: false })).toHaveLength(2);
    expect(asked).toBe(3);
  });

  it("fails after sixty attempts with what it met last", async () => {
    const url = await serve((_request, response) => response.writeHead(502).end());
    expect(await check({ url, keysRequired: false })).toEqual([
      expect.stringMatching(/not ready after 60 attempts: it answers 502\..*pharos:smokeTest/u),
    ]);
    const gone = "http://127.0.0.1:9";
    expect(await check({ url: gone, keysRequired: false })).toEqual([expect.stringMatching(/ECONNREFUSED/u)]);
  });

  it("fails where what answers is no Pharos, and where it breaks off", async () => {
    const url = await serve((_request, response) => response.end("<h1>It works!</h1>"));
    expect(await check({ url, keysRequired: false })).toEqual([
      expect.stringMatching(/does not answer as Pharos does/u),
    ]);
    const broken = await serve((request, response) => {
      if (request.url === "/health/ready") response.end(READY);
      else request.socket.destroy();
    });
    expect(await check({ url: broken, keysRequired: false })).toEqual([
      expect.stringMatching(/\/generate: it cannot be asked: UND_ERR_SOCKET/u),
    ]);
  });

  it("takes no more of an answer than four megabytes", async () => {
    const url = await serve((_request, response) => response.end(Buffer.alloc(5 * 1024 * 1024, " ")));
    expect(await check({ url, keysRequired: false })).toEqual([
      expect.stringMatching(/cannot be asked: UND_ERR_RES_EXCEEDED_MAX_SIZE/u),
    ]);
  });
});
