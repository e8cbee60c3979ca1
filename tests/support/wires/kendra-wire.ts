import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import {
  checkAttributeFilter,
  InvalidFilter,
  matchesAttributeFilter,
  type WireAttributes,
} from "./kendra-attribute-filter.ts";

export const KENDRA_INDEX_ID = "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0";

export interface KendraDocument {
  readonly id: string;
  readonly text?: string;
  readonly title?: string;
  readonly uri?: string;
  readonly attributes?: WireAttributes;
  /** Bucket of every result of this document; chosen by how many words of the query match where absent. */
  readonly confidence?: string;
  /** Who may read it; everybody where absent. */
  readonly readers?: { readonly users: readonly string[]; readonly groups: readonly string[] };
}

/** A request as the SDK sent it. */
export interface KendraRequest {
  readonly headers: IncomingMessage["headers"];
  readonly body: Readonly<Record<string, unknown>>;
}

/** What happens to the next request instead of an answer. */
export type KendraFault =
  | {
      readonly kind: "exception";
      readonly status: number;
      readonly name: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: "body"; readonly status: number; readonly body: string }
  /** Closes the connection without a word. */
  | { readonly kind: "reset" }
  /** Closes the connection in the middle of the body. */
  | { readonly kind: "cut" };

/** A request that gets no answer until it is let go. */
export interface KendraStall {
  /** Resolves once a request waits. */
  readonly reached: Promise<void>;
  /** Resolves once the client of the waiting request has closed its connection. */
  readonly stopped: Promise<void>;
  release(): void;
}

class Refusal extends Error {
  readonly exception: string;
  readonly status: number;

  constructor(exception: string, message: string, status = 400) {
    super(message);
    this.exception = exception;
    this.status = status;
  }
}

/** Kendra's Retrieve on loopback, in AWS JSON 1.1: one index that holds the given documents, one passage each. */
export class KendraWire {
  readonly requests: KendraRequest[] = [];
  private readonly documents: readonly KendraDocument[];
  private readonly types: ReadonlyMap<string, string>;
  private readonly server: Server;
  private readonly faults: KendraFault[] = [];
  private stalling: ((response: ServerResponse) => Promise<void>) | undefined;

  private constructor(documents: readonly KendraDocument[]) {
    this.documents = documents;
    const attributes = documents.flatMap(({ attributes = {} }) => Object.entries(attributes));
    this.types = new Map(attributes.map(([key, value]) => [key, Object.keys(value)[0] ?? ""]));
    this.server = createServer((request, response) => void this.handle(request, response));
  }

  static async start(documents: readonly KendraDocument[]): Promise<KendraWire> {
    const wire = new KendraWire(documents);
    wire.server.listen(0, "127.0.0.1");
    await once(wire.server, "listening");
    return wire;
  }

  get endpoint(): string {
    const address = this.server.address();
    if (address === null || typeof address === "string") throw new Error("The wire is closed.");
    return `http://127.0.0.1:${address.port}`;
  }

  /** Scripts the next request; called twice, the next two, and so on. */
  failNext(fault: KendraFault): void {
    this.faults.push(fault);
  }

  /** Holds requests back from now on: the whole answer, or what follows the first bytes of its body. */
  stall(at: "answer" | "body" = "answer"): KendraStall {
    const reached = Promise.withResolvers<void>();
    const stopped = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    this.stalling = async (response) => {
      response.once("close", () => stopped.resolve());
      if (at === "body") {
        response.writeHead(200, { "content-type": "application/x-amz-json-1.1" });
        await new Promise((resolve) => response.write('{"QueryId": "', resolve));
      }
      reached.resolve();
      await Promise.race([released.promise, stopped.promise]);
    };
    const release = () => {
      this.stalling = undefined;
      released.resolve();
    };
    return { reached: reached.promise, stopped: stopped.promise, release };
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, "close");
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body: Record<string, unknown> = JSON.parse(Buffer.concat(await request.toArray()).toString("utf8"));
    this.requests.push({ headers: request.headers, body });
    await this.stalling?.(response);
    if (response.destroyed || response.headersSent) return;
    const fault = this.faults.shift();
    if (fault !== undefined) return inject(fault, response);
    try {
      send(response, 200, JSON.stringify(this.answer(request.headers, body)));
    } catch (error) {
      const refusal = error instanceof InvalidFilter ? new Refusal("ValidationException", error.message) : error;
      if (!(refusal instanceof Refusal)) throw error;
      inject({ kind: "exception", status: refusal.status, name: refusal.exception }, response);
    }
  }

  private answer(headers: IncomingMessage["headers"], body: Readonly<Record<string, unknown>>) {
    const { IndexId, QueryText, AttributeFilter, UserContext, PageNumber = 1, PageSize = 10 } = body;
    if (headers["x-amz-target"] !== "AWSKendraFrontendService.Retrieve")
      throw new Refusal("UnknownOperationException", "");
    if (!/^AWS4-HMAC-SHA256 .+\/kendra\/aws4_request/u.test(headers.authorization ?? "")) {
      throw new Refusal("MissingAuthenticationTokenException", "", 403);
    }
    if (IndexId !== KENDRA_INDEX_ID) throw new Refusal("ResourceNotFoundException", "");
    if (typeof QueryText !== "string" || QueryText.length > 1_000)
      throw new Refusal("ValidationException", "QueryText");
    if (typeof PageNumber !== "number" || typeof PageSize !== "number" || PageNumber < 1 || PageSize < 1) {
      throw new Refusal("ValidationException", "page");
    }
    if (AttributeFilter !== undefined) checkAttributeFilter(AttributeFilter, this.types);
    const results = this.documents
      .filter((document) => isReadable(document, UserContext))
      .filter(
        ({ attributes = {} }) => AttributeFilter === undefined || matchesAttributeFilter(AttributeFilter, attributes),
      )
      .map((document) => ({ document, share: relevance(document, QueryText) }))
      .filter(({ share }) => share > 0)
      .toSorted((one, other) => other.share - one.share)
      .slice(0, 100);
    const start = (PageNumber - 1) * Math.min(PageSize, 100);
    const QueryId = crypto.randomUUID();
    const page = results.slice(start, start + Math.min(PageSize, 100));
    return { QueryId, ResultItems: page.map(({ document, share }) => resultItem(document, share, QueryId)) };
  }
}

/** The share of the query's words that the document holds. */
function relevance({ text = "", id }: KendraDocument, query: string): number {
  const words = query.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const held = new Set(`${text} ${id}`.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);
  return words.filter((word) => held.has(word)).length / Math.max(1, words.length);
}

/** Without a user Kendra shows everything; with one, what is public and what the user or a group may read. */
function isReadable({ readers }: KendraDocument, context: unknown): boolean {
  if (typeof context !== "object" || context === null) return true;
  const { Token, UserId, Groups, ...others } = context as Readonly<Record<string, unknown>>;
  const groups: readonly unknown[] = Array.isArray(Groups) ? Groups : [];
  if (Token !== undefined || Object.keys(others).length > 0 || (Groups !== undefined && groups.length === 0)) {
    throw new Refusal("ValidationException", "UserContext");
  }
  if (readers === undefined) return true;
  return readers.users.some((user) => user === UserId) || readers.groups.some((group) => groups.includes(group));
}

function resultItem(
  { id, text, title, uri, attributes = {}, confidence }: KendraDocument,
  share: number,
  queryId: string,
) {
  const bucket = share === 1 ? "VERY_HIGH" : share > 0.5 ? "HIGH" : share > 0.25 ? "MEDIUM" : "LOW";
  return {
    Id: `${queryId}-${crypto.randomUUID()}`,
    DocumentId: id,
    DocumentTitle: title,
    Content: text,
    DocumentURI: uri,
    DocumentAttributes: Object.entries(attributes).map(([Key, Value]) => ({ Key, Value })),
    ScoreAttributes: { ScoreConfidence: confidence ?? bucket },
  };
}

function inject(fault: KendraFault, response: ServerResponse): void {
  switch (fault.kind) {
    case "exception":
      // The text is what real exceptions hold: none of it may reach a caller.
      send(
        response,
        fault.status,
        JSON.stringify({ __type: fault.name, message: "User: arn:aws:iam::123456789012:user/pharos" }),
        fault.headers,
      );
      break;
    case "body":
      send(response, fault.status, fault.body);
      break;
    case "reset":
      response.destroy();
      break;
    case "cut":
      response.writeHead(200, { "content-type": "application/x-amz-json-1.1", "content-length": "1000" });
      response.write('{"QueryId": "', () => response.destroy());
      break;
  }
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    "content-type": "application/x-amz-json-1.1",
    "x-amzn-requestid": crypto.randomUUID(),
    ...headers,
  });
  response.end(body);
}
