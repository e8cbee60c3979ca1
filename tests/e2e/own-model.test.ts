import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { processEnd } from "../support/process-end.ts";
import { OWN_RUNTIME, type Runtime, startServiceProcess } from "../support/service-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { TINY_HIDDEN, writeTinyModel } from "../support/tiny-onnx-model.ts";

/** The service with a corpus whose embedder is a model of one's own, and one document in it. */
async function start(runtime: Runtime) {
  const folder = await temporaryFolder();
  await writeTinyModel(join(folder, "tiny"));
  await writeFile(
    join(folder, "pharos.yaml"),
    `embedders: { own: { adapter: transformers, model: ./tiny, dimensions: ${TINY_HIDDEN} } }
searches: { notes: { adapter: faiss, embedder: own, mode: dense } }`,
  );
  const service = await startServiceProcess(runtime, {
    dataDirectory: join(folder, "data"),
    environment: { PHAROS_CONFIG: join(folder, "pharos.yaml") },
  });
  const send = async (method: string, path: string, body: unknown) => {
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${service.url}${path}`, { method, headers, body: JSON.stringify(body) });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  for (const text of ["a lamp", "fog 12"]) {
    const { status } = await send("PUT", `/corpora/notes/documents/${encodeURIComponent(text)}`, { text });
    expect(status).toBe(201);
  }
  return { service, send };
}

/** Processes that run the model for the service. */
async function modelsOf(service: number): Promise<readonly number[]> {
  const found: number[] = [];
  for (const entry of (await readdir("/proc")).filter((name) => /^\d+$/u.test(name))) {
    const [command, status] = await Promise.all(
      ["cmdline", "status"].map((name) => readFile(`/proc/${entry}/${name}`, "utf8").catch(() => "")),
    );
    if (command?.includes("model-child.ts") && new RegExp(`^PPid:\\s${service}$`, "mu").test(status ?? "")) {
      found.push(Number(entry));
    }
  }
  return found;
}

describe.each([OWN_RUNTIME])("a corpus with a model of one's own on %s", (runtime) => {
  it("is searched by meaning, and the model's process ends with the service, even where that is killed", async () => {
    const { service, send } = await start(runtime);
    const found = await send("POST", "/search", { query: "lamp", vector_search_type: "notes", top_k: 1 });
    expect(found.body).toMatchObject({ passages: [{ document_id: "a lamp" }] });
    const models = await modelsOf(service.child.pid ?? 0);
    expect(models).toHaveLength(1);
    await service.stop("SIGKILL");
    for (const model of models) await processEnd(model);
  });

  it("ends the model's process where the service is told to end", async () => {
    const { service } = await start(runtime);
    const models = await modelsOf(service.child.pid ?? 0);
    await service.stop("SIGTERM");
    for (const model of models) await processEnd(model);
    expect(service.log.filter(({ level }) => level === "error")).toEqual([]);
  });
});
