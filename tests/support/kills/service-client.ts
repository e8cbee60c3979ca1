/** What a service answers. */
export interface Reply {
  readonly status: number;
  /** Undefined where the body is empty. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

export interface Found {
  readonly document_id: string;
  readonly text: string;
}

/** Sends one request; undefined where the service died before the whole answer was there. */
export async function send(url: string, method: string, path: string, body?: unknown): Promise<Reply | undefined> {
  try {
    const json =
      body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    const response = await fetch(`${url}${path}`, { method, ...json });
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** The answer of a service that must be alive. */
export async function ask(url: string, method: string, path: string, body?: unknown): Promise<Reply> {
  const reply = await send(url, method, path, body);
  if (reply === undefined) throw new Error(`${method} ${path} got no answer.`);
  return reply;
}

export function addressOf(corpus: string, id: string): string {
  return `/corpora/${corpus}/documents/${encodeURIComponent(id)}`;
}

export async function search(url: string, corpus: string, query: string, topK: number): Promise<readonly Found[]> {
  const { status, body } = await ask(url, "POST", "/search", { query, vector_search_type: corpus, top_k: topK });
  if (status !== 200) throw new Error(`The search got status ${status}: ${JSON.stringify(body)}`);
  return body?.passages as readonly Found[];
}
