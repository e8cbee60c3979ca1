import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Readers } from "../../domain/document.ts";
import type { Principal } from "../../domain/principal.ts";
import { mayRead } from "../../domain/readers.ts";
import { OWN_RUNTIME, type Runtime, startServiceProcess } from "../support/service-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { randomNumbers } from "../support/vectors.ts";

const CONFIG = `
principal: { user_header: x-user, groups_header: x-groups }
models: { extractive: { adapter: extractive } }
embedders: { lsa: { adapter: lsa } }
searches: { faiss: { adapter: faiss, embedder: lsa, retire_after_searches: 100 } }
`;

const DOCUMENTS = 60;
const CALLERS = 100;
const CALLS_OF_EACH = 4;
const WRITERS = 3;

/** The users u0 to u11 and the groups g0 to g5; a user is in the groups by whose number its own can be divided. */
const USERS = 12;
const GROUPS = 6;
const PRINCIPALS: readonly (Principal | undefined)[] = [
  undefined,
  ...Array.from({ length: USERS }, (_, user) => ({
    userId: `u${user}`,
    groups: Array.from({ length: GROUPS }, (_, group) => group)
      .filter((group) => user % (group + 2) === 0)
      .map((group) => `g${group}`),
  })),
  { userId: "stranger", groups: ["u1", "strangers"] },
];

/** A document's readers, as the service was told of them: those that it acknowledged last, and those that it may know of already. */
class Ledger {
  private readonly told: (Readers | undefined)[][] = [];
  private readonly acknowledged: number[] = [];

  begin(document: number, readers: Readers | undefined): void {
    this.told[document] = [...(this.told[document] ?? []), readers];
  }

  acknowledge(document: number): void {
    this.acknowledged[document] = (this.told[document] ?? []).length - 1;
  }

  /** What is acknowledged now; a request that begins now may see this, or what is told later. */
  now(): readonly number[] {
    return [...this.acknowledged];
  }

  /** Whether the principal might read the document at some moment since then. */
  mightRead(document: number, principal: Principal | undefined, since: readonly number[]): boolean {
    return this.since(document, since).some((readers) => mayRead(readers, principal));
  }

  /** Whether the principal could read the document at every moment since then. */
  couldAlwaysRead(document: number, principal: Principal | undefined, since: readonly number[]): boolean {
    return this.since(document, since).every((readers) => mayRead(readers, principal));
  }

  private since(document: number, since: readonly number[]): readonly (Readers | undefined)[] {
    return (this.told[document] ?? []).slice(since[document]);
  }
}

it.each([OWN_RUNTIME])(
  "shows nobody what it may not read, on %s, while hundreds of principals ask at once and readers change",
  { timeout: 180_000 },
  async (runtime) => {
    const send = await startService(runtime);
    const ledger = new Ledger();
    const random = randomNumbers(11);
    const some = (letter: string, count: number) =>
      Array.from({ length: count }, (_, index) => `${letter}${index}`).filter(() => random() < 0.2);
    const put = async (document: number) => {
      const readers = random() < 0.2 ? undefined : { users: some("u", USERS), groups: some("g", GROUPS) };
      ledger.begin(document, readers);
      const body = { ...documentOf(document), ...(readers && { readers }) };
      const { status } = await send("PUT", addressOf(document), undefined, body);
      expect([200, 201]).toContain(status);
      ledger.acknowledge(document);
    };
    const all = Array.from({ length: DOCUMENTS }, (_, document) => document);
    await Promise.all(Array.from({ length: WRITERS }, (_, writer) => inTurn(all.filter(of(writer)), put)));

    let asking = true;
    const writers = Array.from({ length: WRITERS }, async (_, writer) => {
      const own = all.filter(of(writer));
      while (asking) await put(own[Math.floor(random() * own.length)] ?? writer);
    });
    const callers = Array.from({ length: CALLERS }, async (_, caller) => {
      for (let call = 0; call < CALLS_OF_EACH; call++) {
        const principal = PRINCIPALS[(caller + call * 5) % PRINCIPALS.length];
        await ask((caller + call) % CALLS.length, principal, {
          send,
          ledger,
          document: (caller * 7 + call) % DOCUMENTS,
        });
      }
    });
    await Promise.all(callers).finally(() => {
      asking = false;
    });
    await Promise.all(writers);

    for (const principal of PRINCIPALS) {
      const since = ledger.now();
      const readable = all.filter((document) => ledger.mightRead(document, principal, since));
      const { json } = await send("POST", "/search", principal, { ...SEARCH, query: "harbour" });
      expect(documentsIn(json)).toEqual(readable);
      const { json: counted } = await send("GET", "/corpora", principal);
      expect(counted.corpora).toEqual([{ name: "faiss", documents: readable.length, passages: readable.length }]);
    }
  },
);

const SEARCH = { vector_search_type: "faiss", top_k: 100 } as const;
const CALLS = ["search", "generate", "filtered search", "document", "generate about one"] as const;

interface Asked {
  readonly send: Awaited<ReturnType<typeof startService>>;
  readonly ledger: Ledger;
  /** The one that a call about one document is about. */
  readonly document: number;
}

/** Asks as the principal, and expects nothing that it could not have read at any moment of the call. */
async function ask(kind: number, principal: Principal | undefined, { send, ledger, document }: Asked): Promise<void> {
  const since = ledger.now();
  if (CALLS[kind] === "document") {
    const { status, text } = await send("GET", addressOf(document), principal);
    const possible = [
      ...(ledger.mightRead(document, principal, since) ? [200] : []),
      ...(ledger.couldAlwaysRead(document, principal, since) ? [] : [404]),
    ];
    expect(possible).toContain(status);
    expect(text.includes(codeword(document))).toBe(status === 200);
    return;
  }
  const question =
    CALLS[kind] === "generate about one" ? `What is ${codeword(document)}?` : "What does the harbour keep?";
  const filter = CALLS[kind] === "filtered search" ? { filter: { even: document % 2 === 0 } } : {};
  const { status, text, json } = CALLS[kind]?.startsWith("generate")
    ? await send("POST", "/generate", principal, { ...SEARCH, prompt: question, llm_name: "extractive" })
    : await send("POST", "/search", principal, { ...SEARCH, ...filter, query: question });
  expect(status, text).toBe(200);
  // The answer's text, quotes and passages alike: a document's word is nowhere else.
  const told = [...text.matchAll(/codeword(?<document>\d+)x/gu)].map(({ groups }) => Number(groups?.document));
  for (const known of new Set([...told, ...documentsIn(json)])) {
    expect(ledger.mightRead(known, principal, since), `document ${known} for ${JSON.stringify(principal)}`).toBe(true);
  }
  if (CALLS[kind] !== "search") return;
  const found = new Set(documentsIn(json));
  for (let known = 0; known < DOCUMENTS; known++) {
    if (ledger.couldAlwaysRead(known, principal, since)) expect(found.has(known)).toBe(true);
  }
}

function documentsIn(json: Readonly<Record<string, unknown>>): readonly number[] {
  const { passages = [] } = json as { passages?: readonly { readonly document_id: string }[] };
  return passages.map(({ document_id }) => Number(document_id.slice(1))).toSorted((one, other) => one - other);
}

function documentOf(document: number) {
  const text = `The harbour keeps ${codeword(document)}. Nobody else in the harbour knows of it.`;
  return { text, title: `Page ${document}`, metadata: { even: document % 2 === 0 } };
}

function codeword(document: number): string {
  return `codeword${document}x`;
}

function addressOf(document: number): string {
  return `/corpora/faiss/documents/d${document}`;
}

function of(writer: number) {
  return (document: number) => document % WRITERS === writer;
}

async function inTurn(documents: readonly number[], work: (document: number) => Promise<void>): Promise<void> {
  for (const document of documents) await work(document);
}

async function startService(runtime: Runtime) {
  const config = join(await temporaryFolder(), "pharos.yaml");
  await writeFile(config, CONFIG);
  const { url } = await startServiceProcess(runtime, { environment: { PHAROS_CONFIG: config } });
  return async (method: string, path: string, principal: Principal | undefined, body?: unknown) => {
    const named = principal && { "x-user": principal.userId, "x-groups": principal.groups.join(",") };
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { ...named, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, text, json: JSON.parse(text) as Readonly<Record<string, unknown>> };
  };
}
