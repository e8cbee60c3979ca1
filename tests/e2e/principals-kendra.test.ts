import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { Principal } from "../../domain/principal.ts";
import { mayRead } from "../../domain/readers.ts";
import { OWN_RUNTIME, type Runtime, startServiceProcess } from "../support/service-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { KENDRA_INDEX_ID, KendraWire } from "../support/wires/kendra-wire.ts";

const CONFIG = `
principal: { user_header: x-user, groups_header: x-groups }
models: { extractive: { adapter: extractive } }
searches: { kendra: { adapter: kendra, index_id: ${KENDRA_INDEX_ID}, region: us-east-1 } }
`;

const DOCUMENTS = Array.from({ length: 24 }, (_, index) => ({
  id: `d${index}`,
  text: `The harbour keeps codeword${index}x.`,
  ...(index % 4 === 0 ? {} : { readers: { users: [`u${index % 5}`], groups: [`g${index % 3}`] } }),
}));

const PRINCIPALS: readonly Principal[] = Array.from({ length: 9 }, (_, index) => ({
  userId: `u${index}`,
  groups: index % 2 === 0 ? [] : [`g${index % 4}`, "u1"],
}));

it.each([OWN_RUNTIME])(
  "asks Kendra for a known user only, and shows each of many at once its own, on %s",
  { timeout: 60_000 },
  async (runtime) => {
    const { wire, ask } = await startService(runtime);
    for (const path of ["/search", "/generate"]) {
      const { status, text } = await ask(path, undefined);
      expect([status, JSON.parse(text).code]).toEqual([400, "invalid-request"]);
    }
    expect(wire.requests).toEqual([]);
    const rounds = Array.from({ length: 12 }, () => PRINCIPALS).flat();
    const answers = rounds.map(async (principal, index) => {
      const { status, text } = await ask(index % 2 === 0 ? "/search" : "/generate", principal);
      expect(status, text).toBe(200);
      const readable = DOCUMENTS.filter(({ readers }) => mayRead(readers, principal)).map(({ id }) => id);
      const told = [...text.matchAll(/codeword(?<document>\d+)x/gu)].map(({ groups }) => `d${groups?.document}`);
      expect([...new Set(told)].toSorted()).toEqual(readable.toSorted());
    });
    await Promise.all(answers);
    expect(wire.requests.filter(({ body }) => body.UserContext === undefined)).toEqual([]);
  },
);

async function startService(runtime: Runtime) {
  const wire = await KendraWire.start(DOCUMENTS);
  onTestFinished(() => wire.close());
  const config = join(await temporaryFolder(), "pharos.yaml");
  await writeFile(config, CONFIG);
  const environment = {
    PHAROS_CONFIG: config,
    AWS_ACCESS_KEY_ID: "AKIALOOPBACK",
    AWS_SECRET_ACCESS_KEY: "loopback-secret",
    AWS_ENDPOINT_URL_KENDRA: wire.endpoint,
  };
  const { url } = await startServiceProcess(runtime, { environment });
  const asked = { vector_search_type: "kendra", top_k: 100 };
  const ask = async (path: string, principal: Principal | undefined) => {
    const question = "What does the harbour keep?";
    const body = path === "/search" ? { query: question } : { prompt: question, llm_name: "extractive" };
    const response = await fetch(`${url}${path}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(principal && { "x-user": principal.userId, "x-groups": principal.groups.join(",") }),
      },
      body: JSON.stringify({ ...asked, ...body }),
    });
    return { status: response.status, text: await response.text() };
  };
  return { wire, ask };
}
