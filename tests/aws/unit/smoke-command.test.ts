import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { RUNTIMES } from "../../support/service-process.ts";

const COMMAND = fileURLToPath(new URL("../../../infrastructure/aws/smoke-command.ts", import.meta.url));

async function smoke(parameters: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const child = spawn(RUNTIMES.node[0], [COMMAND, ...parameters], { env: environment });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { code, stdout, stderr };
}

/** A service that is ready and takes this key alone. */
async function serviceWith(key: string): Promise<string> {
  const available = [
    { kind: "model", name: "extractive" },
    { kind: "search", name: "faiss" },
  ];
  const server = createServer((request, response) => {
    if (request.url === "/health/ready") response.end(JSON.stringify({ available }));
    else if (request.headers.authorization !== `Bearer ${key}`) response.writeHead(401).end("{}");
    else response.end(JSON.stringify({ citations: [{ verified: true }], finish_reason: "stop" }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("npm run smoke", () => {
  it("prints what it found, with the key out of the environment", async () => {
    const url = await serviceWith("pharos_loopback");
    expect(await smoke(["--url", url], { PHAROS_SMOKE_KEY: "pharos_loopback" })).toEqual({
      code: 0,
      stdout: `${url} is ready.\n/generate refuses a caller without a key.\n/generate answers from faiss with 1 verified citation.\n`,
      stderr: "",
    });
  });

  it("ends with 1 and the reason where something is wrong, and never prints the key", async () => {
    const url = await serviceWith("pharos_loopback");
    expect(await smoke(["--url", url, "--anonymous"], { PHAROS_SMOKE_KEY: "pharos_other" })).toEqual({
      code: 1,
      stdout: "",
      stderr: "/generate answers 401 to extractive over faiss.\n",
    });
  });

  it("ends with 2 where it is not told a URL", async () => {
    for (const parameters of [[], ["--url", "pharos.example.com"], ["--url", "https://pharos.example.com/"]])
      expect(await smoke(parameters)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining("--url URL is needed"),
      });
  });
});
