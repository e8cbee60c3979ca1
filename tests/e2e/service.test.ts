import { describe, expect, it } from "vitest";
import { RUNTIMES, type Runtime, type ServiceProcess, startServiceProcess } from "../support/service-process.ts";

/** Questions of the sample corpus, with what an answer must say and where it must come from. */
const QUESTIONS = [
  {
    prompt: "How does Pharos keep its FAISS index safe from a crash?",
    says: /SQLite/u,
    from: /docs\/(retrieval|decisions)/u,
  },
  { prompt: "Which environment variable sets the port of the service?", says: /`PORT`/u, from: /docs\/configuration/u },
  { prompt: "What is extractive?", says: /extractive answerer, not a language model/u, from: /docs\/completion/u },
  { prompt: "Pharos 如何保证 FAISS 索引在崩溃后不丢数据？", says: /SQLite/u, from: /docs\/zh\/retrieval/u },
  { prompt: "哪个环境变量设置服务监听的端口？", says: /PORT/u, from: /docs\/zh\/configuration/u },
] as const;

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

describe.each(Object.keys(RUNTIMES) as Runtime[])("the service on %s", (runtime) => {
  it("answers real questions about the sample corpus with verified citations, in English and in Chinese", async () => {
    const service = await startServiceProcess(runtime);
    for (const { prompt, says, from } of QUESTIONS) {
      const { response, citations, passages } = await generate(service, prompt);
      expect(response, prompt).toMatch(says);
      expect(
        citations.some(({ uri }) => from.test(uri)),
        `${prompt}\n${JSON.stringify(citations)}`,
      ).toBe(true);
      for (const { quote, passage_id, verified } of citations) {
        expect(verified, prompt).toBe(true);
        expect(passages.find(({ id }) => id === passage_id)?.text).toContain(quote);
      }
    }
  });

  it("says that it found nothing where the corpus holds no answer", async () => {
    const service = await startServiceProcess(runtime);
    const { finish_reason, citations } = await generate(service, "Who won the football world cup of 1998 in Paris?");
    expect(finish_reason).toBe("no-answer");
    expect(citations).toEqual([]);
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

  it("keeps what it acknowledged when it is killed, and drains when it is told to stop", async () => {
    const first = await startServiceProcess(runtime);
    const answer = await fetch(`${first.url}/corpora/faiss/documents/zebra`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text: "The striped zebra of Etosha drinks at the Okaukuejo waterhole.", title: "Zebras" }),
    });
    expect(answer.status).toBe(201);
    await first.stop("SIGKILL");
    const second = await startServiceProcess(runtime, { dataDirectory: first.dataDirectory });
    const { response } = await generate(second, "Where does the striped zebra drink?");
    expect(response).toContain("Okaukuejo");
    await second.stop("SIGTERM");
    expect([first, second].map(({ log }) => log.at(-1)?.message)).toEqual(["request", "stopped"]);
  });
});
