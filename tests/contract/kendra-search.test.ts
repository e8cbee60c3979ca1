import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { kendraOptions } from "../../adapters/outbound/kendra/options.ts";
import { createKendra, createSearch, type KendraRetrieval } from "../../adapters/outbound/kendra/retrieval.ts";
import type { ServiceError } from "../../domain/errors.ts";
import type { RetrievalRequest } from "../../domain/ports/retrieval-port.ts";
import { SkippingClock } from "../support/skipping-clock.ts";
import { KENDRA_INDEX_ID, type KendraDocument, KendraWire } from "../support/wires/kendra-wire.ts";

beforeEach(() => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
  vi.stubEnv("AWS_CONFIG_FILE", "/nonexistent/config");
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials");
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
});
afterEach(() => vi.unstubAllEnvs());

interface Opened {
  readonly wire: KendraWire;
  readonly kendra: KendraRetrieval;
  search(request?: Partial<RetrievalRequest>, signal?: AbortSignal): ReturnType<KendraRetrieval["retrieve"]>;
  failure(request?: Partial<RetrievalRequest>, signal?: AbortSignal): Promise<ServiceError>;
}

async function open(
  documents: readonly KendraDocument[],
  settings: Readonly<Record<string, unknown>> = {},
): Promise<Opened> {
  const wire = await KendraWire.start(documents);
  const given = {
    index_id: KENDRA_INDEX_ID,
    region: "eu-west-1",
    endpoint: wire.endpoint,
    require_principal: false,
    ...settings,
  };
  const { retrieval: kendra } = createKendra(kendraOptions.parse(given), new SkippingClock());
  onTestFinished(async () => {
    await kendra.close();
    await wire.close();
  });
  const search: Opened["search"] = (request = {}, signal = new AbortController().signal) =>
    kendra.retrieve({ query: "ferry", topK: 10, ...request }, signal);
  const failure: Opened["failure"] = (request, signal) =>
    search(request, signal).then(
      () => Promise.reject(new Error("The search did not fail.")),
      (error: ServiceError) => error,
    );
  return { wire, kendra, search, failure };
}

const FERRIES: readonly KendraDocument[] = [1, 2, 3].map((number) => ({
  id: `ferry-${number}`,
  text: `Ferry number ${number}.`,
}));

describe("What KendraRetrieval asks", () => {
  it("sends one signed Retrieve with index, query and page size", async () => {
    const { wire, search } = await open(FERRIES);
    await search({ topK: 2 });
    expect(wire.requests).toHaveLength(1);
    const [request] = wire.requests;
    expect(request?.headers.authorization).toContain("/eu-west-1/kendra/aws4_request");
    expect(request?.body).toEqual({ IndexId: KENDRA_INDEX_ID, QueryText: "ferry", PageNumber: 1, PageSize: 2 });
  });

  it("passes the principal on as UserContext, groups only where there are any", async () => {
    const { wire, search } = await open(FERRIES);
    await search({ principal: { userId: "ada", groups: ["captains", "pilots"] } });
    await search({ principal: { userId: "ada", groups: [] } });
    expect(wire.requests.map(({ body }) => body.UserContext)).toEqual([
      { UserId: "ada", Groups: ["captains", "pilots"] },
      { UserId: "ada" },
    ]);
  });

  it("refuses a search for nobody unless the config says that the index is everybody's, and sends nothing", async () => {
    const { wire, failure } = await open(FERRIES, { require_principal: undefined });
    const error = await failure();
    expect(error).toMatchObject({ code: "invalid-request", problems: [{ field: "principal" }] });
    expect(wire.requests).toEqual([]);
  });

  it("sends nothing where the filter cannot be honoured", async () => {
    const { wire, failure } = await open(FERRIES);
    const error = await failure({ filter: { op: "eq", field: "draft", value: true } });
    expect(error.problems).toEqual([{ field: "filter.draft", message: "eq: Kendra knows no true and false" }]);
    expect(wire.requests).toEqual([]);
  });

  it("turns a page where passages that stand in it twice leave too few, and stops once there are enough", async () => {
    const twins = ["a", "a", "b", "c", "d", "e", "f"].map((id) => ({ id, text: `Ferry ${id}.` }));
    const { wire, search } = await open(twins);
    const { passages } = await search({ topK: 3 });
    expect(passages.map(({ documentId }) => documentId)).toEqual(["a", "b", "c"]);
    expect(wire.requests.map(({ body }) => body.PageNumber)).toEqual([1, 2]);
  });

  it("leaves out results without text", async () => {
    const { search } = await open([{ id: "ferry-0" }, { id: "ferry-00", text: "" }, ...FERRIES]);
    const { passages } = await search({ topK: 3 });
    expect(passages.map(({ documentId }) => documentId)).toEqual(["ferry-1", "ferry-2", "ferry-3"]);
  });

  it("finds the endpoint in the SDK's own variable where the config names none", async () => {
    const wire = await KendraWire.start(FERRIES);
    vi.stubEnv("AWS_ENDPOINT_URL_KENDRA", wire.endpoint);
    const { retrieval } = createSearch(
      kendraOptions.parse({ index_id: KENDRA_INDEX_ID, region: "eu-west-1", require_principal: false }),
    );
    onTestFinished(async () => {
      await retrieval.close();
      await wire.close();
    });
    expect((await retrieval.retrieve({ query: "ferry", topK: 5 }, new AbortController().signal)).passages).toHaveLength(
      3,
    );
  });
});

describe("How long a query may be for KendraRetrieval", () => {
  const words = (count: number) => Array.from({ length: count }, (_, index) => `ferry${index}`).join(" ");

  it("sends a query of 30 words, stop words aside, as it is", async () => {
    const { wire, search } = await open(FERRIES);
    const query = `What is the ${words(30)}?`;
    expect((await search({ query })).warnings).toEqual([]);
    expect(wire.requests[0]?.body.QueryText).toBe(query);
  });

  it("condenses a longer one to its question and what it repeats most, and says so", async () => {
    const { wire, search } = await open(FERRIES);
    const query = `The harbour is old, and the harbour is full. ${words(40)} sail by. When does the last ferry leave?`;
    const { warnings } = await search({ query });
    const sent = String(wire.requests[0]?.body.QueryText).split(" ");
    expect(sent).toHaveLength(30);
    expect(sent.slice(0, 3)).toEqual(["harbour", "old", "full"]);
    expect(sent.slice(-3)).toEqual(["last", "ferry", "leave"]);
    expect(warnings).toEqual([expect.stringContaining("condensed")]);
  });

  it("sends at most 1,000 characters, none of them halved, and warns", async () => {
    const { wire, search } = await open(FERRIES);
    const { passages, warnings } = await search({ query: `ferry ${"x".repeat(993)}🚢 and more` });
    expect(wire.requests[0]?.body.QueryText).toBe(`ferry ${"x".repeat(993)}`);
    expect(passages).toHaveLength(3);
    expect(warnings).toEqual([expect.stringContaining("1000 characters")]);
  });
});

describe("What KendraRetrieval answers", () => {
  it("keeps Kendra's order and confidence, with scores that fall by bucket and rank", async () => {
    const buckets = ["VERY_HIGH", "VERY_HIGH", "MEDIUM", "HIGH", "NOT_AVAILABLE", "LOW", "SOMETHING_NEW"];
    const { search } = await open(
      buckets.map((confidence, index) => ({ id: `${index}`, text: `Ferry ${index}`, confidence })),
    );
    const { passages } = await search();
    expect(passages.map(({ documentId }) => documentId)).toEqual(["0", "1", "2", "3", "4", "5", "6"]);
    const confidences = ["very-high", "very-high", "medium", "high", "unknown", "low", "unknown"];
    expect(passages.map(({ confidence }) => confidence)).toEqual(confidences);
    expect(passages.map(({ score }) => score)).toEqual([1, 0.9975, 0.495, 0.4925, 0.49, 0.2375, 0.235]);
  });

  it("hands on title, uri and every attribute, 0 and dates too, page and language", async () => {
    const attributes = {
      _category: { StringValue: "ships" },
      _language_code: { StringValue: "zh" },
      _excerpt_page_number: { LongValue: 7 },
      _created_at: { DateValue: Date.parse("2024-05-01T10:30:00Z") / 1_000 },
      _last_updated_at: { DateValue: Date.parse("2024-05-02T10:30:00.250Z") / 1_000 },
      day: { DateValue: Date.parse("2024-05-03") / 1_000 },
      wrecks: { LongValue: 0 },
      remark: { StringValue: "" },
      tags: { StringListValue: ["big", "old"] },
    };
    const { search } = await open([
      { id: "one", text: " Ferry  one\n", title: "One", uri: "s3://ships/one.pdf", attributes },
    ]);
    expect((await search()).passages).toEqual([
      {
        id: expect.stringMatching(/^[\w-]{22}$/u),
        documentId: "one",
        text: " Ferry  one\n",
        title: "One",
        uri: "s3://ships/one.pdf",
        score: 1,
        confidence: "very-high",
        language: "zh",
        location: { page: 7 },
        metadata: {
          _category: "ships",
          _language_code: "zh",
          _excerpt_page_number: 7,
          _created_at: "2024-05-01T10:30:00Z",
          _last_updated_at: "2024-05-02T10:30:00.250Z",
          day: "2024-05-03",
          wrecks: 0,
          remark: "",
          tags: ["big", "old"],
        },
      },
    ]);
  });

  it("names one text in two documents by two ids", async () => {
    const { search } = await open(["a", "b"].map((id) => ({ id, text: "Ferry." })));
    expect(new Set((await search()).passages.map(({ id }) => id)).size).toBe(2);
  });
});

describe("How KendraRetrieval fails", () => {
  const EXCEPTIONS = [
    ["ThrottlingException", 400, "rate-limited", true],
    ["AccessDeniedException", 400, "vendor-auth", false],
    ["UnrecognizedClientException", 400, "vendor-auth", false],
    ["ExpiredTokenException", 403, "vendor-auth", false],
    ["ResourceNotFoundException", 400, "vendor-rejected", false],
    ["ValidationException", 400, "vendor-rejected", false],
    ["ConflictException", 400, "vendor-rejected", false],
    ["ServiceQuotaExceededException", 400, "vendor-unavailable", false],
    ["InternalServerException", 500, "vendor-unavailable", true],
    ["ServiceUnavailable", 503, "vendor-unavailable", true],
    ["SomethingNewException", 400, "vendor-rejected", false],
    ["SomethingNewException", 429, "rate-limited", true],
    ["constructor", 500, "vendor-unavailable", true],
  ] as const;
  for (const [name, status, code, retryable] of EXCEPTIONS) {
    const attempts = code === "rate-limited" ? 4 : 1;
    it(`calls ${name} with status ${status} ${code}, after ${attempts} at most`, async () => {
      const { wire, failure } = await open(FERRIES);
      wire.failNext({ kind: "exception", name, status });
      for (let again = 1; again < attempts; again++) wire.failNext({ kind: "exception", name, status });
      const error = await failure();
      expect(error).toMatchObject({ name: "ServiceError", code, retryable });
      expect(error.message).not.toContain("arn:aws");
      expect(wire.requests).toHaveLength(attempts);
    });
  }

  it("says how long Kendra asks to wait", async () => {
    const { wire, failure } = await open(FERRIES);
    const throttle = (retryAfter: string) => {
      const headers = { "retry-after": retryAfter };
      for (let attempt = 0; attempt < 4; attempt++) {
        wire.failNext({ kind: "exception", name: "ThrottlingException", status: 400, headers });
      }
    };
    throttle("7");
    expect((await failure()).retryAfterMs).toBe(7_000);
    throttle("soon");
    expect((await failure()).retryAfterMs).toBeUndefined();
  });

  const REPLIES = [
    ["JSON that ends early", 200, '{"ResultItems": [', "vendor-reply-invalid"],
    ["a page of HTML", 200, "<html>", "vendor-reply-invalid"],
    ["results that are no list", 200, '{"ResultItems": "none"}', "vendor-reply-invalid"],
    ["a result that is no object", 200, '{"ResultItems": [7]}', "vendor-reply-invalid"],
    ["a result without a document", 200, '{"ResultItems": [{"Content": "Ferry."}]}', "vendor-reply-invalid"],
    ["a text that is a number", 200, '{"ResultItems": [{"DocumentId": "a", "Content": 7}]}', "vendor-reply-invalid"],
    [
      "a date that is none",
      200,
      '{"ResultItems": [{"DocumentId": "a", "Content": "b", "DocumentAttributes": [{"Key": "k", "Value": {"DateValue": "soon"}}]}]}',
      "vendor-reply-invalid",
    ],
    ["a gateway's 503 page", 503, "<html>", "vendor-unavailable"],
    ["a proxy's 403 page", 403, "<html>", "vendor-auth"],
  ] as const;
  for (const [what, status, body, code] of REPLIES) {
    it(`calls ${what} ${code}`, async () => {
      const { wire, failure } = await open(FERRIES);
      wire.failNext({ kind: "body", status, body });
      expect(await failure()).toMatchObject({ name: "ServiceError", code });
    });
  }

  it("takes a reply without results for none found", async () => {
    const { wire, search } = await open(FERRIES);
    wire.failNext({ kind: "body", status: 200, body: '{"QueryId": "q"}' });
    expect((await search()).passages).toEqual([]);
  });

  for (const kind of ["reset", "cut"] as const) {
    it(`calls a connection that is ${kind === "cut" ? "cut within the reply" : "reset"} vendor-unavailable, to be tried again`, async () => {
      const { wire, failure } = await open(FERRIES);
      wire.failNext({ kind });
      expect(await failure()).toMatchObject({ name: "ServiceError", code: "vendor-unavailable", retryable: true });
    });
  }

  it("calls a server that is not there vendor-unavailable", async () => {
    const { wire, failure } = await open(FERRIES);
    await wire.close();
    expect(await failure()).toMatchObject({ code: "vendor-unavailable", retryable: true });
  });

  it("says vendor-auth where there are no credentials at all", async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", undefined);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", undefined);
    const { wire, failure } = await open(FERRIES);
    expect(await failure()).toMatchObject({
      code: "vendor-auth",
      message: expect.stringContaining("No AWS credentials"),
    });
    expect(wire.requests).toEqual([]);
  });

  it("says vendor-rejected where the index is not the config's", async () => {
    const { failure } = await open(FERRIES, { index_id: "another" });
    expect((await failure()).message).toContain("index_id");
  });
});

describe("How KendraRetrieval is cancelled", () => {
  it("closes the connection in the middle of a reply", async () => {
    const { wire, failure } = await open(FERRIES);
    const stall = wire.stall("body");
    const controller = new AbortController();
    const failed = failure({}, controller.signal);
    await stall.reached;
    controller.abort();
    expect((await failed).code).toBe("cancelled");
    await stall.stopped;
  });

  it("does not wait for credentials", async () => {
    const asked = Promise.withResolvers<IncomingMessage>();
    const server = createServer((request) => asked.resolve(request)).listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    vi.stubEnv("AWS_ACCESS_KEY_ID", undefined);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", undefined);
    const { port } = server.address() as AddressInfo;
    vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", `http://127.0.0.1:${port}/credentials`);
    const { wire, failure } = await open(FERRIES);
    const controller = new AbortController();
    const failed = failure({}, controller.signal);
    await asked.promise;
    controller.abort();
    expect((await failed).code).toBe("cancelled");
    expect(wire.requests).toEqual([]);
  });
});
