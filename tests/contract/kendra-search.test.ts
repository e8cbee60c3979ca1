import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { kendraOptions } from "../../adapters/outbound/kendra/options.ts";
import { createSearch } from "../../adapters/outbound/kendra/retrieval.ts";
import { LOOPBACK_KEYS, withAwsEnvironment } from "../support/aws-environment.ts";
import { FERRIES, openKendra } from "../support/opened-kendra.ts";
import { KENDRA_INDEX_ID, KendraWire } from "../support/wires/kendra-wire.ts";

withAwsEnvironment(LOOPBACK_KEYS);
afterEach(() => vi.unstubAllEnvs());

describe("What KendraRetrieval asks", () => {
  it("sends one signed Retrieve with index, query and page size", async () => {
    const { wire, search } = await openKendra(FERRIES);
    await search({ topK: 2 });
    expect(wire.requests).toHaveLength(1);
    const [request] = wire.requests;
    expect(request?.headers.authorization).toContain("/eu-west-1/kendra/aws4_request");
    expect(request?.body).toEqual({ IndexId: KENDRA_INDEX_ID, QueryText: "ferry", PageNumber: 1, PageSize: 2 });
  });

  it("passes the principal on as UserContext, groups only where there are any", async () => {
    const { wire, search } = await openKendra(FERRIES);
    await search({ principal: { userId: "ada", groups: ["captains", "pilots"] } });
    await search({ principal: { userId: "ada", groups: [] } });
    expect(wire.requests.map(({ body }) => body.UserContext)).toEqual([
      { UserId: "ada", Groups: ["captains", "pilots"] },
      { UserId: "ada" },
    ]);
  });

  it("refuses a search for nobody unless the config says that the index is everybody's, and sends nothing", async () => {
    const { wire, failure } = await openKendra(FERRIES, { require_principal: undefined });
    const error = await failure();
    expect(error).toMatchObject({ code: "invalid-request", problems: [{ field: "principal" }] });
    expect(wire.requests).toEqual([]);
  });

  it("sends nothing where the filter cannot be honoured", async () => {
    const { wire, failure } = await openKendra(FERRIES);
    const error = await failure({ filter: { op: "eq", field: "draft", value: true } });
    expect(error.problems).toEqual([{ field: "filter.draft", message: "eq: Kendra knows no true and false" }]);
    expect(wire.requests).toEqual([]);
  });

  it("turns a page where passages that stand in it twice leave too few, and stops once there are enough", async () => {
    const twins = ["a", "a", "b", "c", "d", "e", "f"].map((id) => ({ id, text: `Ferry ${id}.` }));
    const { wire, search } = await openKendra(twins);
    const { passages } = await search({ topK: 3 });
    expect(passages.map(({ documentId }) => documentId)).toEqual(["a", "b", "c"]);
    expect(wire.requests.map(({ body }) => body.PageNumber)).toEqual([1, 2]);
  });

  it("leaves out results without text", async () => {
    const { search } = await openKendra([{ id: "ferry-0" }, { id: "ferry-00", text: "" }, ...FERRIES]);
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
    const { wire, search } = await openKendra(FERRIES);
    const query = `What is the ${words(30)}?`;
    expect((await search({ query })).warnings).toEqual([]);
    expect(wire.requests[0]?.body.QueryText).toBe(query);
  });

  it("condenses a longer one to its question and what it repeats most, and says so", async () => {
    const { wire, search } = await openKendra(FERRIES);
    const query = `The harbour is old, and the harbour is full. ${words(40)} sail by. When does the last ferry leave?`;
    const { warnings } = await search({ query });
    const sent = String(wire.requests[0]?.body.QueryText).split(" ");
    expect(sent).toHaveLength(30);
    expect(sent.slice(0, 3)).toEqual(["harbour", "old", "full"]);
    expect(sent.slice(-3)).toEqual(["last", "ferry", "leave"]);
    expect(warnings).toEqual([expect.stringContaining("condensed")]);
  });

  it("sends at most 1,000 characters, none of them halved, and warns", async () => {
    const { wire, search } = await openKendra(FERRIES);
    const { passages, warnings } = await search({ query: `ferry ${"x".repeat(993)}🚢 and more` });
    expect(wire.requests[0]?.body.QueryText).toBe(`ferry ${"x".repeat(993)}`);
    expect(passages).toHaveLength(3);
    expect(warnings).toEqual([expect.stringContaining("1000 characters")]);
  });
});

describe("What KendraRetrieval answers", () => {
  it("keeps Kendra's order and confidence, with scores that fall by bucket and rank", async () => {
    const buckets = ["VERY_HIGH", "VERY_HIGH", "MEDIUM", "HIGH", "NOT_AVAILABLE", "LOW", "SOMETHING_NEW"];
    const { search } = await openKendra(
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
    const { search } = await openKendra([
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
    const { search } = await openKendra(["a", "b"].map((id) => ({ id, text: "Ferry." })));
    expect(new Set((await search()).passages.map(({ id }) => id)).size).toBe(2);
  });
});
