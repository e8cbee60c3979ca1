import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { OWN_RUNTIME, startServiceProcess } from "../support/service-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const CONFIG = `
server: { shutdown_delay_ms: 600000 }
models: { extractive: { adapter: extractive } }
embedders: { lsa: { adapter: lsa } }
searches: { faiss: { adapter: faiss, embedder: lsa } }
`;

describe("a service behind a load balancer, on SIGTERM", () => {
  it("is not ready at once, answers who still comes, and ends with 0; its last line tells CloudWatch of them", async () => {
    const config = join(await temporaryFolder(), "pharos.yaml");
    await writeFile(config, CONFIG);
    const environment = { PHAROS_CONFIG: config, PHAROS_SERVICE: "lighthouse" };
    const { url, child, log } = await startServiceProcess(OWN_RUNTIME, { environment });
    const ready = () => fetch(`${url}/health/ready`);
    expect((await ready()).status).toBe(200);
    // Deno's `child.kill` sends no second signal, and takes a child that got one for gone.
    const terminate = () => process.kill(child.pid ?? 0, "SIGTERM");
    const closed = once(child, "close");
    terminate();
    let answer = await ready();
    while (answer.status === 200) answer = await ready();
    expect(answer.headers.get("connection")).toBe("close");
    expect(await answer.json()).toMatchObject({ status: "draining" });
    const asked = await fetch(`${url}/generate`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ prompt: "Who is there?", llm_name: "extractive", vector_search_type: "faiss" }),
    });
    expect(asked.status).toBe(200);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    terminate();
    expect(await closed).toEqual([0, null]);
    expect(log.filter(({ message }) => message === "metrics")).toEqual([
      expect.objectContaining({ Service: "lighthouse", Requests: 1, ServerErrors: 0, ConcurrentStreams: 0 }),
    ]);
  });
});
