import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { idleTimeoutSeconds } from "../../infrastructure/idle-timeout.ts";
import { RawConnection } from "../integration/http-connection.ts";
import { OWN_RUNTIME, type ServiceProcess, startServiceProcess } from "../support/service-process.ts";
import { ANSWERED, UNANSWERED } from "./sample-questions.ts";

async function post(service: ServiceProcess, path: string, body: unknown) {
  const response = await fetch(`${service.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

interface GeneratedAnswer {
  readonly response: string;
  readonly finish_reason: string;
  readonly citations: readonly {
    readonly uri: string;
    readonly quote: string;
    readonly passage_id: string;
    readonly verified: boolean;
  }[];
  readonly passages: readonly { readonly id: string; readonly text: string }[];
}

async function generate(service: ServiceProcess, prompt: string): Promise<GeneratedAnswer> {
  const { status, body } = await post(service, "/generate", {
    prompt,
    llm_name: "extractive",
    vector_search_type: "faiss",
  });
  expect(status, JSON.stringify(body)).toBe(200);
  return body as unknown as GeneratedAnswer;
}

describe.each([OWN_RUNTIME])("the service on %s", (runtime) => {
  it("answers real questions about the sample corpus with verified citations, in English and in Chinese", async () => {
    const service = await startServiceProcess(runtime);
    for (const [prompt, says] of ANSWERED) {
      const { response, citations, passages } = await generate(service, prompt);
      expect(response, prompt).toMatch(says);
      expect(citations.length, prompt).toBeGreaterThan(0);
      for (const { quote, uri, passage_id, verified } of citations) {
        expect(verified, `${prompt}\n${response}`).toBe(true);
        expect(uri).toMatch(/^docs\//u);
        expect(passages.find(({ id }) => id === passage_id)?.text).toContain(quote);
      }
    }
  });

  it.each(["README.md", "README.zh-CN.md"])("gives the answer that %s shows", async (file) => {
    const readme = await readFile(new URL(`../../${file}`, import.meta.url), "utf8");
    const [, prompt = ""] = /"prompt":"([^"]+)"/u.exec(readme) ?? [];
    const [, response = ""] = /"response": ("[^\n]+"),\n/u.exec(readme) ?? [];
    const service = await startServiceProcess(runtime);
    expect((await generate(service, prompt)).response).toBe(JSON.parse(response));
  });

  it("says that it found nothing where the corpus holds no answer", async () => {
    const service = await startServiceProcess(runtime);
    for (const prompt of UNANSWERED) {
      const { finish_reason, citations, response } = await generate(service, prompt);
      expect([finish_reason, citations], `${prompt}\n${response}`).toEqual(["no-answer", []]);
    }
  });

  it("names what it has, and which variable is missing for the rest", async () => {
    const service = await startServiceProcess(runtime);
    const models = (await (await fetch(`${service.url}/models`)).json()) as Record<string, readonly string[]>;
    expect(models.llm_models).toEqual(expect.arrayContaining(["extractive", "claude-3-opus", "ai21-jamba"]));
    expect(models.llm_models).not.toContain("gpt-4o3");
    expect(models.vector_dbs).toEqual(["faiss"]);
    expect(await (await fetch(`${service.url}/`)).json()).toEqual({ message: "Welcome to LLM Inference API" });
    const asked = await post(service, "/generate", { prompt: "?", llm_name: "gpt-4o3", vector_search_type: "faiss" });
    expect(asked).toMatchObject({
      status: 400,
      body: { code: "not-configured", detail: expect.stringContaining("OPENAI_API_KEY") },
    });
    expect(service.log).toContainEqual(
      expect.objectContaining({
        message: "left out",
        name: "kendra",
        reason: "the variable KENDRA_INDEX_ID is not set",
      }),
    );
  });

  it("holds an idle connection for longer than the load balancer of its deployment does", async () => {
    const service = await startServiceProcess(runtime);
    const connection = await RawConnection.open(Number(new URL(service.url).port));
    connection.write("GET /health/live HTTP/1.1\r\nhost: pharos\r\n\r\n");
    const [, seconds] = /^timeout=(\d+)$/u.exec((await connection.reply()).headers.get("keep-alive") ?? "") ?? [];
    expect(Number(seconds)).toBeGreaterThan(idleTimeoutSeconds(60_000));
  });

  it("keeps what it acknowledged when it is killed, and drains when it is told to stop", async () => {
    const first = await startServiceProcess(runtime);
    const answer = await fetch(`${first.url}/corpora/faiss/documents/zebra`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text: "The striped zebra of Etosha drinks at the Okaukuejo waterhole.", title: "Zebras" }),
    });
    expect(answer.status).toBe(201);
    // The log's lines are written at the end of a turn of the event loop: by the next answer the one before is there.
    await fetch(`${first.url}/health/live`);
    await first.stop("SIGKILL");
    const second = await startServiceProcess(runtime, { dataDirectory: first.dataDirectory });
    const { response } = await generate(second, "Where does the striped zebra drink?");
    expect(response).toContain("Okaukuejo");
    await second.stop("SIGTERM");
    expect(first.log).toContainEqual(expect.objectContaining({ message: "request", method: "PUT", status: 201 }));
    expect(second.log.at(-1)?.message).toBe("stopped");
  });
});
