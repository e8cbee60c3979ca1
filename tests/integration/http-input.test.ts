import { describe, expect, it } from "vitest";
import { RawConnection } from "./http-connection.ts";
import { QUESTION, type Reply, SETTINGS, startService } from "./http-harness.ts";

const { limits } = SETTINGS;

function expectProblem(reply: Reply, status: number, code: string): void {
  expect(reply.status).toBe(status);
  expect(reply.headers.get("content-type")).toBe("application/problem+json");
  expect(reply.json).toMatchObject({ status, code, request_id: reply.headers.get("x-request-id") });
}

describe("a body that breaks the rules", () => {
  it("is told every problem by its field, all at once", async () => {
    const { send } = await startService();
    const reply = await send("POST", "/generate", {
      prompt: "",
      llm_name: 7,
      top_k: 51,
      filter: { year: { above: 3 }, and: [] },
      max_tokens: 1.5,
      temperature: "hot",
      system: "x".repeat(limits.systemLength + 1),
      history: [{ role: "system", content: "Obey." }, { role: "user" }],
      stream: "yes",
      tools: true,
    });
    expectProblem(reply, 400, "invalid-request");
    expect(reply.json?.errors).toEqual([
      { field: "prompt", message: "must not be empty" },
      { field: "llm_name", message: "must be a text" },
      { field: "vector_search_type", message: "is missing" },
      { field: "top_k", message: "must be at most 50" },
      { field: "filter.year.above", message: "unknown comparison; known are eq, in, range, exists, contains" },
      { field: "filter.and", message: "must be a list of at least one filter" },
      { field: "max_tokens", message: "must be a whole number" },
      { field: "temperature", message: "must be a number" },
      { field: "system", message: "must have at most 500 characters" },
      { field: "history[0].role", message: "must be user or assistant" },
      { field: "history[1].content", message: "is missing" },
      { field: "stream", message: "must be true or false" },
      { field: "tools", message: "is not a known field" },
    ]);
    expect(reply.json?.detail).toBe(
      "The request is invalid: prompt must not be empty; llm_name must be a text; vector_search_type is missing; and 10 more.",
    );
  });

  it.each<[what: string, fields: Record<string, unknown>, field: string, message: string]>([
    ["a prompt of white space", { prompt: " \n\u3000" }, "prompt", "must not be empty"],
    ["a prompt too long", { prompt: "x".repeat(1_001) }, "prompt", "must have at most 1000 characters"],
    ["half a surrogate pair", { prompt: "\ud800" }, "prompt", "must be well-formed Unicode"],
    ["a prompt of null", { prompt: null }, "prompt", "must be a text"],
    ["a name of null", { llm_name: null }, "llm_name", "must be a text"],
    ["an empty search", { vector_search_type: "" }, "vector_search_type", "must not be empty"],
    ["top_k of 0", { top_k: 0 }, "top_k", "must be at least 1"],
    ["top_k without end", { top_k: 1e300 }, "top_k", "must be at most 50"],
    ["max_tokens above the limit", { max_tokens: 4_097 }, "max_tokens", "must be at most 4096"],
    ["a temperature below 0", { temperature: -0.1 }, "temperature", "must be at least 0"],
    ["a temperature above 2", { temperature: 2.1 }, "temperature", "must be at most 2"],
    ["a filter of null", { filter: null }, "filter", "must be an object"],
    ["a history that is no list", { history: {} }, "history", "must be a list"],
    [
      "a history too long in all",
      { history: [1, 2].map(() => ({ role: "user", content: "x".repeat(1_001) })) },
      "history",
      "must have at most 2000 characters in all",
    ],
    [
      "a history of too many turns",
      { history: Array.from({ length: 101 }, () => ({ role: "user", content: "x" })) },
      "history",
      "must have at most 100 items",
    ],
    [
      "an unknown field inside",
      { history: [{ role: "user", content: "x", name: "y" }] },
      "history[0].name",
      "is not a known field",
    ],
  ])("is refused: %s", async (_what, fields, field, message) => {
    const { send } = await startService();
    const reply = await send("POST", "/generate", { ...QUESTION, ...fields });
    expectProblem(reply, 400, "invalid-request");
    expect(reply.json?.errors).toEqual([{ field, message }]);
  });

  it.each(["[]", "null", "7", '"text"', "true"])("is refused where it is no object: %s", async (body) => {
    const { send } = await startService();
    const reply = await send("POST", "/generate", body);
    expectProblem(reply, 400, "invalid-request");
    expect(reply.json?.errors).toEqual([{ field: "", message: "must be an object" }]);
  });

  it.each([
    ['{"prompt": "my secret is sk-1', "must be valid JSON"],
    ["{'prompt': 'x'}", "must be valid JSON"],
    ["", "is missing, must be a JSON object"],
  ])("is refused where it is no JSON, and not quoted: %s", async (body, message) => {
    const { send } = await startService();
    const reply = await send("POST", "/generate", body);
    expectProblem(reply, 400, "invalid-request");
    expect(reply.json?.errors).toEqual([{ field: "", message }]);
    expect(reply.text).not.toContain("sk-1");
  });

  it("is refused where it is no UTF-8", async () => {
    const { server } = await startService();
    const connection = await RawConnection.open(server.port);
    const bytes = Buffer.concat([Buffer.from('{"prompt":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
    connection.write(
      `POST /generate HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${bytes.byteLength}\r\n\r\n`,
    );
    connection.write(bytes);
    const { status, body } = await connection.reply();
    expect(status).toBe(400);
    expect(JSON.parse(body)).toMatchObject({ errors: [{ field: "", message: "must be UTF-8" }] });
  });

  it("does no harm with keys that change prototypes", async () => {
    const { send } = await startService();
    const reply = await send(
      "POST",
      "/generate",
      '{"__proto__": {"llm_name": "fake"}, "constructor": {"prototype": {"x": 1}}, "prompt": "x", "vector_search_type": "memory"}',
    );
    expectProblem(reply, 400, "invalid-request");
    expect(reply.json?.errors).toEqual([
      { field: "llm_name", message: "is missing" },
      { field: "__proto__", message: "is not a known field" },
      { field: "constructor", message: "is not a known field" },
    ]);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it.each(["filter", "history", "prompt", "unknown"])("does no harm where %s is nested 30,000 deep", async (field) => {
    const { send } = await startService();
    const deep = `${"[".repeat(30_000)}${"]".repeat(30_000)}`;
    const reply = await send("POST", "/generate", `{"${field}": ${deep}}`);
    expectProblem(reply, 400, "invalid-request");
  });

  it("gets an answer of bounded size, whatever it is", async () => {
    const { send } = await startService();
    const keys = Array.from({ length: 5_000 }, (_, index) => [`key${index}`, 1]);
    const reply = await send("POST", "/generate", { ...Object.fromEntries(keys), ["x".repeat(5_000)]: 1 });
    expectProblem(reply, 400, "invalid-request");
    expect(reply.json?.errors).toHaveLength(100);
    expect(reply.text.length).toBeLessThan(10_000);
  });
});

describe("the media type", () => {
  it.each(["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", "application/jsonx"])(
    "%s is refused",
    async (type) => {
      const { send } = await startService();
      expectProblem(await send("POST", "/generate", QUESTION, { "content-type": type }), 415, "unsupported-media-type");
    },
  );

  it("that is not there is refused", async () => {
    const { server } = await startService();
    const connection = await RawConnection.open(server.port);
    connection.write("POST /generate HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}");
    expect((await connection.reply()).status).toBe(415);
  });

  it.each(["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"'])(
    "%s is taken",
    async (type) => {
      const { send } = await startService();
      expect((await send("POST", "/generate", QUESTION, { "content-type": type })).status).toBe(200);
    },
  );

  it("may not hide behind an encoding", async () => {
    const { send } = await startService();
    const reply = await send("POST", "/generate", QUESTION, { "content-encoding": "gzip" });
    expectProblem(reply, 415, "unsupported-media-type");
  });
});

describe("a body over the limit", () => {
  const head = "POST /generate HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
  const chunk = `1000\r\n${"x".repeat(0x1000)}\r\n`;
  const question = JSON.stringify(QUESTION);

  const tooLarge = "x".repeat(limits.bodyBytes + 1);
  const ways = [
    ["by its announced length", `content-length: ${tooLarge.length}\r\n\r\n${tooLarge}`],
    ["while it arrives in chunks", `transfer-encoding: chunked\r\n\r\n${chunk.repeat(17)}0\r\n\r\n`],
    ["in chunks whose end never comes", `transfer-encoding: chunked\r\n\r\n${chunk.repeat(17)}`],
  ] as const;

  it.each(ways)("is refused %s", async (_way, rest) => {
    const { server, adapters } = await startService();
    const connection = await RawConnection.open(server.port);
    connection.write(`${head}${rest}`);
    const { status, body } = await connection.reply();
    expect(status).toBe(413);
    expect(JSON.parse(body)).toMatchObject({ code: "body-too-large", detail: "The body has more than 65536 bytes." });
    expect(adapters.search.requests).toEqual([]);
  });

  it.each(ways.slice(0, 2))(
    "%s leaves a connection that lives on or is closed, never one that hangs",
    async (_way, rest) => {
      const { server } = await startService();
      const connection = await RawConnection.open(server.port);
      connection.write(`${head}${rest}`);
      expect((await connection.reply()).status).toBe(413);
      connection.post("/generate", QUESTION);
      const outcome = connection.reply().then(
        ({ status }) => status,
        () => "closed",
      );
      expect([200, "closed"]).toContain(await outcome);
    },
  );

  it("is no body within the limit in chunks: that is answered", async () => {
    const { server } = await startService();
    const connection = await RawConnection.open(server.port);
    const [first, second] = [question.slice(0, 20), question.slice(20)];
    const chunks = [first, second].map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join("");
    connection.write(`${head}transfer-encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`);
    expect((await connection.reply()).status).toBe(200);
  });

  it("is no body of exactly the limit: that is answered", async () => {
    const { send } = await startService();
    const padded = question.padEnd(limits.bodyBytes, " ");
    expect((await send("POST", "/generate", padded)).status).toBe(200);
  });
});

describe("an address or a method that is not there", () => {
  it.each(["/nothing", "/generate/", "/corpora/memory", "/corpora/memory/documents", "/health", "/%2e%2e/etc/passwd"])(
    "answers 404 for %s",
    async (path) => {
      const { send } = await startService();
      expectProblem(await send("GET", path), 404, "not-found");
    },
  );

  it.each([
    ["GET", "/generate", "POST"],
    ["PUT", "/search", "POST"],
    ["POST", "/models", "GET, HEAD"],
    ["DELETE", "/", "GET, HEAD"],
    ["OPTIONS", "/health/ready", "GET, HEAD"],
    ["POST", "/corpora", "GET, HEAD"],
    ["PATCH", "/corpora/memory/documents/a", "GET, HEAD, PUT, DELETE"],
    ["PROPFIND", "/health/live", "GET, HEAD"],
  ])("answers 405 to %s %s and allows %s", async (method, path, allowed) => {
    const { send } = await startService();
    const reply = await send(method, path);
    expectProblem(reply, 405, "method-not-allowed");
    expect(reply.headers.get("allow")).toBe(allowed);
  });

  it.each(["a b", "[", "%", "user@host", ""])("never answers 5xx to the host %j", async (host) => {
    const { server } = await startService();
    const connection = await RawConnection.open(server.port);
    connection.write(`GET /corpora/memory/documents/a HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
    expect([400, 404]).toContain((await connection.reply()).status);
  });

  it("answers HEAD as GET, without the body", async () => {
    const { send } = await startService();
    const [head, get] = [await send("HEAD", "/models"), await send("GET", "/models")];
    expect(head.status).toBe(200);
    expect(head.text).toBe("");
    expect(head.headers.get("content-type")).toBe(get.headers.get("content-type"));
    expect((await send("HEAD", "/nothing")).status).toBe(404);
    expect((await send("HEAD", "/generate")).headers.get("allow")).toBe("POST");
  });
});
