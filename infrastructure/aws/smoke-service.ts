import { Agent, request } from "undici";
import { z } from "zod";

/** What the check found to be otherwise than it must be. The message is for whoever runs `pulumi up`. */
export class SmokeFailure extends Error {
  override readonly name = "SmokeFailure";
}

/** Waits so many milliseconds; the tests do not. */
export type Pause = (milliseconds: number) => Promise<void>;

/** What is asked of a service at its URL. */
export interface ServiceCheck {
  /** Where the load balancer is: `http://` or `https://`, without a path. */
  readonly url: string;
  /** The name that the certificate has to be for; the URL's own where it is left out. */
  readonly certificateName?: string | undefined;
  /** Whether `/generate` has to refuse a caller without a key. */
  readonly keysRequired: boolean;
  /** A caller's key with the scope `ask`; without it nobody asks a service that requires one. */
  readonly key?: string | undefined;
  /** A question that the corpus answers. Default: one that the sample corpus does. */
  readonly prompt?: string | undefined;
}

/** The README's question: the sample corpus is in every image. */
const SAMPLE_PROMPT = "How does Pharos keep its FAISS index safe from a crash?";

/** A new load balancer's name is known everywhere after about two minutes. */
const READY_ATTEMPTS = 60;
const PAUSE_MS = 5_000;
const CONNECT_TIMEOUT_MS = 10_000;
const TIMEOUT_MS = 30_000;
const MAX_RESPONSE_BYTES = 4 * 1024 * 1024;

const readiness = z.object({ available: z.array(z.object({ kind: z.string(), name: z.string() })) });
const answer = z.object({ citations: z.array(z.object({ verified: z.boolean() })), finish_reason: z.string() });

/**
 * Asks the service as a caller would: `/health/ready` until it is ready, at most 60 times, then `/generate` of the model `extractive`.
 * @returns what was found, a sentence each
 * @throws SmokeFailure
 */
export async function checkService(check: ServiceCheck, pause: Pause): Promise<readonly string[]> {
  const servername = check.certificateName?.replace("*", "pharos");
  const agent = new Agent({
    connect: { timeout: CONNECT_TIMEOUT_MS, ...(servername !== undefined && { servername }) },
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    maxResponseSize: MAX_RESPONSE_BYTES,
  });
  try {
    const search = await awaitReady(check.url, agent, pause);
    const ready = `${check.url} is ready.`;
    return search === undefined
      ? [ready, "The config has no model extractive: /generate was not asked."]
      : [ready, ...(await checkAnswer(check, search, agent))];
  } finally {
    await agent.destroy();
  }
}

/** Waits until the service is ready. @returns a search that `extractive` can answer from; undefined without that model */
async function awaitReady(url: string, agent: Agent, pause: Pause): Promise<string | undefined> {
  let last = "";
  for (let attempt = 1; attempt <= READY_ATTEMPTS; attempt++) {
    if (attempt > 1) await pause(PAUSE_MS);
    const reply = await ask(`${url}/health/ready`, agent).catch(failureOf);
    if (reply instanceof SmokeFailure) last = reply.message;
    else if (reply.status === 200) return searchOf(reply.body);
    else last = `it answers ${reply.status}`;
  }
  throw new SmokeFailure(
    `${url}/health/ready is not ready after ${READY_ATTEMPTS} attempts: ${last}. Where this machine is outside of ` +
      "pharos:allowedCidrs and cannot reach the load balancer, set pharos:smokeTest to rollout.",
  );
}

function searchOf(body: unknown): string | undefined {
  const { data } = readiness.safeParse(body);
  if (data === undefined) throw new SmokeFailure("/health/ready does not answer as Pharos does.");
  const named = (kind: string) => data.available.filter((entry) => entry.kind === kind).map(({ name }) => name);
  if (!named("model").includes("extractive")) return undefined;
  const searches = named("search");
  return searches.includes("faiss") ? "faiss" : searches[0];
}

async function checkAnswer(check: ServiceCheck, search: string, agent: Agent): Promise<readonly string[]> {
  const { url, keysRequired, key, prompt } = check;
  const question = { prompt: prompt ?? SAMPLE_PROMPT, llm_name: "extractive", vector_search_type: search };
  const found: string[] = [];
  if (keysRequired) {
    const { status } = await generate(url, agent, question);
    if (status !== 401) throw new SmokeFailure(`/generate answers ${status} to a caller without a key, and not 401.`);
    found.push("/generate refuses a caller without a key.");
    if (key === undefined) return [...found, "No pharos:smokeKey is set: /generate was not asked with a key."];
  }
  const { status, body } = await generate(url, agent, question, keysRequired ? key : undefined);
  if (status !== 200)
    throw new SmokeFailure(`/generate answers ${status}${codeOf(body)} to extractive over ${search}.`);
  const { data } = answer.safeParse(body);
  const cited = data?.citations.filter(({ verified }) => verified).length ?? 0;
  if (cited === 0)
    throw new SmokeFailure(
      `/generate answers "${question.prompt}" without a verified citation (${data?.finish_reason ?? "no answer of Pharos"}). ` +
        "Where the index is your own, set pharos:smokePrompt to a question that it answers.",
    );
  return [
    ...found,
    `/generate answers from ${search} with ${cited} verified ${cited === 1 ? "citation" : "citations"}.`,
  ];
}

async function generate(url: string, agent: Agent, question: unknown, key?: string) {
  const reply = await ask(`${url}/generate`, agent, question, key).catch(failureOf);
  if (reply instanceof SmokeFailure) throw new SmokeFailure(`${url}/generate: ${reply.message}`, { cause: reply });
  return reply;
}

/** Asks once, with GET where there is no body. @returns the status, and the body where it is JSON */
async function ask(url: string, agent: Agent, body?: unknown, key?: string) {
  const response = await request(url, {
    dispatcher: agent,
    method: body === undefined ? "GET" : "POST",
    headers: {
      ...(body !== undefined && { "content-type": "application/json" }),
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    },
    body: body === undefined ? null : JSON.stringify(body),
  });
  return { status: response.statusCode, body: jsonOf(await response.body.text()) };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The code of a problem document, behind a space. */
function codeOf(body: unknown): string {
  const { data } = z.object({ code: z.string() }).safeParse(body);
  return data === undefined ? "" : ` ${data.code}`;
}

/** Of a connection: its code is such as `ENOTFOUND`, `UND_ERR_CONNECT_TIMEOUT` or `ERR_TLS_CERT_ALTNAME_INVALID`. */
function failureOf(error: unknown): SmokeFailure {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  return new SmokeFailure(`it cannot be asked: ${code}`, { cause: error });
}
