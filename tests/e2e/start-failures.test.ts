import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { OWN_RUNTIME, startServiceProcess } from "../support/service-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

describe.each([OWN_RUNTIME])("the start of the service on %s", (runtime) => {
  it("ends with one sentence where the data folder is a file, before anything is done", async () => {
    const file = `${await temporaryFolder()}/data`;
    await writeFile(file, "");
    const failure = await outcomeOf(startServiceProcess(runtime, { environment: { PHAROS_DATA: file } }));
    expect(failure).toBe(`Error: The service ended:\nPHAROS_DATA ${file} cannot be written (EEXIST)`);
  });

  it("ends with one sentence where the port is in use, before the sample is ingested", async () => {
    const other = createServer();
    await new Promise<void>((listening) => other.listen(0, "127.0.0.1", listening));
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const dataDirectory = await temporaryFolder();
    const starting = startServiceProcess(runtime, { dataDirectory, environment: { PORT: String(port) } });
    expect(await outcomeOf(starting)).toBe(
      `Error: The service ended:\nport ${port} of 127.0.0.1 is in use; PORT names another`,
    );
    expect(await readdir(dataDirectory)).not.toContain("faiss");
  });

  it("does without a sample that cannot be ingested, and tries it again at the next", { timeout: 30_000 }, async () => {
    const folder = await temporaryFolder();
    const [dataDirectory, configFile] = [`${folder}/data`, `${folder}/pharos.yaml`];
    await writeFile(configFile, CONFIG);
    await mkdir(`${folder}/first`);
    await writeFile(`${folder}/first/a.md`, "# A\n\nThe first one.");
    const environment = { PHAROS_CONFIG: configFile };
    const failed = await startServiceProcess(runtime, { dataDirectory, environment });
    expect(failed.log.map(({ level, message }) => [level, message])).toEqual([
      ["error", "the sample could not be ingested; the next start tries again"],
      ["info", "listening"],
    ]);
    await put(failed.url);
    await failed.stop("SIGTERM");

    await mkdir(`${folder}/second`);
    await writeFile(`${folder}/second/b.md`, "# B\n\nThe second one.");
    const second = await startServiceProcess(runtime, { dataDirectory, environment });
    expect(await documents(second.url)).toBe(3);
    await second.stop("SIGTERM");

    await rm(`${folder}/first`, { recursive: true });
    const third = await startServiceProcess(runtime, { dataDirectory, environment });
    expect(third.log.map(({ message }) => message)).toEqual(["listening"]);
  });
});

/** What a service wrote that could not start. */
function outcomeOf(starting: Promise<unknown>): Promise<string> {
  return starting.then(() => "It started.", String);
}

const CONFIG = `
server: { host: 127.0.0.1, port: 0 }
models: { extractive: { adapter: extractive } }
embedders: { lsa: { adapter: lsa } }
searches: { faiss: { adapter: faiss, embedder: lsa } }
sample: { corpus: faiss, paths: [first, second] }
`;

async function put(url: string): Promise<void> {
  const answer = await fetch(`${url}/corpora/faiss/documents/own`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ text: "A document of the user's own." }),
  });
  expect(answer.status).toBe(201);
}

async function documents(url: string): Promise<unknown> {
  const answer = await fetch(`${url}/corpora`);
  const { corpora } = (await answer.json()) as { readonly corpora: readonly { readonly documents: number }[] };
  return corpora[0]?.documents;
}
