import { describe, expect, it } from "vitest";
import { ServiceError } from "../../domain/errors.ts";
import { wordVector } from "../support/fakes/fake-embedding.ts";
import { RawConnection } from "./http-connection.ts";
import { extended, startOpenAI } from "./openai-harness.ts";

const TEXTS = ["the index", "a copy", "of the record", "is a copy", "the record"];

describe("POST /v1/embeddings", () => {
  it.each(["float", "base64", undefined] as const)("gives the vectors in the texts' order, as %s", async (format) => {
    const { client, adapters } = await startOpenAI();
    const reply = await client.embeddings.create({
      model: "words",
      input: TEXTS,
      ...(format === undefined ? {} : { encoding_format: format }),
    });
    expect(reply).toMatchObject({ object: "list", model: "words", usage: { prompt_tokens: 0, total_tokens: 0 } });
    expect(reply.data.map(({ index, object }) => [index, object])).toEqual(TEXTS.map((_, at) => [at, "embedding"]));
    for (const [at, { embedding }] of reply.data.entries()) {
      const vector =
        typeof embedding === "string"
          ? new Float32Array(Uint8Array.from(Buffer.from(embedding, "base64")).buffer)
          : embedding;
      expect([...vector]).toEqual([...wordVector(TEXTS[at] ?? "", 8)]);
    }
    expect(adapters.words.requests.map(({ texts, purpose }) => [texts.length, purpose])).toEqual([
      [3, "document"],
      [2, "document"],
    ]);
  });

  it("takes one text alone, and what the text is for", async () => {
    const { client, adapters } = await startOpenAI();
    const { data } = await client.embeddings.create(
      extended({ model: "words", input: "the index", user: "ada", dimensions: 8 }, { input_type: "query" }),
    );
    expect(data).toHaveLength(1);
    expect(adapters.words.requests).toEqual([{ texts: ["the index"], purpose: "query" }]);
  });

  it.each<[string, Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>]>([
    [
      "another length",
      { dimensions: 4 },
      {
        param: "dimensions",
        code: "unsupported_parameter",
        message: expect.stringContaining("dimensions must be 8, which is what words gives"),
      },
    ],
    ["no text", { input: [] }, { param: "input" }],
    ["an empty text", { input: ["a", ""] }, { param: "input[1]" }],
    ["tokens", { input: [[1, 2]] }, { param: "input[0]", message: expect.stringContaining("must be a text") }],
    ["too many texts", { input: Array(2_049).fill("a") }, { param: "input" }],
    ["an unknown parameter", { foo: 1 }, { param: "foo", code: "unknown_parameter" }],
    [
      "an unknown embedder",
      { model: "words-2" },
      { param: "model", code: "model_not_found", message: "Unsupported embedder: words-2. There is words." },
    ],
  ])("refuses %s", async (_, fields, error) => {
    const { send } = await startOpenAI();
    const { json } = await send("POST", "/v1/embeddings", { model: "words", input: "the index", ...fields });
    expect(json).toMatchObject({ error });
  });

  it("tells what is wrong with a text by its place in the request", async () => {
    const { send, adapters } = await startOpenAI();
    const problems = [{ field: "texts[1]", message: "is longer than the model takes" }];
    adapters.words.failNext(new ServiceError("invalid-request", "No.", { problems }));
    const { json } = await send("POST", "/v1/embeddings", { model: "words", input: TEXTS });
    expect(json).toMatchObject({ error: { param: "input[1]", message: expect.stringContaining("is longer than") } });
  });

  it("stops when the caller goes away", async () => {
    const { server, adapters, log } = await startOpenAI();
    const held = adapters.words.hold();
    const connection = await RawConnection.open(server.port);
    connection.post("/v1/embeddings", { model: "words", input: TEXTS });
    await held.reached;
    connection.destroy();
    await held.stopped;
    expect(await log.line("status", 499)).toMatchObject({ route: "/v1/embeddings" });
  });
});

describe("GET /v1/models", () => {
  it("lists models, models with each search, and embedders", async () => {
    const { client } = await startOpenAI();
    const models = await Array.fromAsync(client.models.list());
    expect(models.map(({ id }) => id)).toEqual([
      "fake",
      "able",
      "fake@memory",
      "fake@readonly",
      "able@memory",
      "able@readonly",
      "words",
    ]);
    expect(models[0]).toEqual({ id: "fake", object: "model", created: expect.any(Number), owned_by: "pharos" });
  });

  it("gives one of them by its name", async () => {
    const { client } = await startOpenAI();
    for (const id of ["fake", "fake@memory", "words"]) expect(await client.models.retrieve(id)).toMatchObject({ id });
    await expect(client.models.retrieve("gpt-0")).rejects.toMatchObject({ status: 404, code: "model_not_found" });
  });
});
