import OpenAI from "openai";
import { describe, expect, it, onTestFinished } from "vitest";
import { OWN_RUNTIME, type Runtime, startServiceProcess } from "../support/service-process.ts";
import { bedrockDialect, replyEmbedding } from "../support/wires/bedrock-wire.ts";
import { replyJson } from "../support/wires/loopback.ts";
import { OPENAI_ERRORS, openaiDialect, openaiFailure, replyEmbeddings } from "../support/wires/openai-wire.ts";
import { vendorVector } from "../support/wires/scripted-embedder.ts";
import { startScriptedVendor } from "../support/wires/scripted-vendor.ts";

const ANSWER = {
  deltas: ["The FAISS index is never ", "the record [1]."],
  finishReason: "stop",
  usage: { inputTokens: 812, outputTokens: 9, cachedInputTokens: 0 },
} as const;

const messages = [{ role: "user" as const, content: "Is the FAISS index the record?" }];

const TOOLS = ["tides", "fog"].map((name) => ({
  type: "function" as const,
  function: {
    name,
    description: `Tells of ${name}.`,
    parameters: { type: "object", properties: { port: { type: "string" } }, required: ["port"] },
  },
}));

const CALLS = [
  { id: "call_1", name: "tides", arguments: JSON.stringify({ port: "Île d’Ouessant 岬" }) },
  { id: "call_2", name: "fog", arguments: "{}" },
];

/** Of one pixel. */
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const LOGPROBS = ['{"name":', '"fog"}'].map((token) => ({
  token,
  logprob: -0.25,
  alternatives: [{ token: "{", logprob: -1.5 }],
}));
const TOLD_LOGPROBS = LOGPROBS.map(({ token, logprob, alternatives }) => ({
  token,
  logprob,
  bytes: null,
  top_logprobs: alternatives.map((other) => ({ ...other, bytes: null })),
}));

type Body = Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, "stream">;
type Choice = OpenAI.ChatCompletion.Choice;

async function whole(client: OpenAI, body: Body): Promise<Choice> {
  return theOne(await client.chat.completions.create(body));
}

async function streamed(client: OpenAI, body: Body): Promise<Choice> {
  return theOne(await client.chat.completions.stream(body).finalChatCompletion());
}

function theOne({ choices: [choice, ...more] }: OpenAI.ChatCompletion): Choice {
  expect(more).toEqual([]);
  if (choice === undefined) throw new Error("There is no choice.");
  return choice;
}

/** The shipped config with its vendors on loopback, and OpenAI's client in front. */
async function start(runtime: Runtime) {
  const openai = await startScriptedVendor(openaiDialect);
  const bedrock = await startScriptedVendor(bedrockDialect);
  onTestFinished(async () => {
    await Promise.all([openai.loopback.close(), bedrock.loopback.close()]);
  });
  const { url } = await startServiceProcess(runtime, {
    environment: {
      OPENAI_API_KEY: "sk-loopback-secret",
      OPENAI_BASE_URL: `${openai.loopback.url}/v1`,
      AWS_REGION: "eu-central-1",
      AWS_ACCESS_KEY_ID: "AKIALOOPBACK",
      AWS_SECRET_ACCESS_KEY: "loopback-secret",
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.loopback.url,
    },
  });
  return { openai, bedrock, client: new OpenAI({ apiKey: "any", baseURL: `${url}/v1`, maxRetries: 0 }) };
}

describe.each([OWN_RUNTIME])("the shipped config on %s, asked with OpenAI's client", (runtime) => {
  it("answers with the models of both vendors and the extractive one, at once and as they write", async () => {
    const { openai, bedrock, client } = await start(runtime);
    openai.answer(ANSWER);
    bedrock.answer(ANSWER);
    for (const model of ["gpt-4o3", "claude-3-opus", "ai21-jamba", "gpt-4o3@faiss", "claude-3-opus@faiss"]) {
      const whole = await client.chat.completions.create({ model, messages });
      expect(whole).toMatchObject({ model, usage: { prompt_tokens: 812, completion_tokens: 9, total_tokens: 821 } });
      expect(whole.choices[0]).toMatchObject({
        finish_reason: "stop",
        message: { content: "The FAISS index is never the record [1]." },
      });
      const stream = client.chat.completions.stream({ model, messages, stream_options: { include_usage: true } });
      const streamed = await stream.finalChatCompletion();
      expect(streamed.choices[0]?.message.content).toBe(whole.choices[0]?.message.content);
      expect(streamed.usage).toMatchObject({ total_tokens: 821 });
      if (model.endsWith("@faiss")) expect(whole.choices[0]?.message.annotations).toHaveLength(1);
    }
    const whole = await client.chat.completions.create({ model: "extractive@faiss", messages });
    const [annotation] = whole.choices[0]?.message.annotations ?? [];
    expect(annotation).toMatchObject({ type: "url_citation", verified: true, url_citation: { start_index: 0 } });
    const { start_index: from, end_index: to } = annotation!.url_citation;
    expect(whole.choices[0]?.message.content?.slice(from, to)).toBe((annotation as unknown as { quote: string }).quote);
  });

  it("answers as responses, too, with the models of both vendors and the extractive one", async () => {
    const { openai, bedrock, client } = await start(runtime);
    openai.answer(ANSWER);
    bedrock.answer(ANSWER);
    const input = "Is the FAISS index the record?";
    for (const model of ["gpt-4o3", "claude-3-opus", "gpt-4o3@faiss", "claude-3-opus@faiss", "extractive@faiss"]) {
      const whole = await client.responses.create({ model, input });
      const streamed = await client.responses.stream({ model, input }).finalResponse();
      expect(streamed.output_text).toBe(whole.output_text);
      expect(streamed).toMatchObject({ model, status: "completed" });
      if (model !== "extractive@faiss") {
        expect(whole.output_text).toBe("The FAISS index is never the record [1].");
        expect(streamed.usage).toMatchObject({ input_tokens: 812, output_tokens: 9, total_tokens: 821 });
      }
      const cited = expect.objectContaining({ type: "file_citation", start_index: 0 });
      const annotations = model.endsWith("@faiss") ? expect.arrayContaining([cited]) : [];
      expect(streamed.output[0]).toMatchObject({ content: [{ annotations }] });
    }
    openai.play(openaiFailure("context-overflow"));
    await expect(client.responses.create({ model: "gpt-4o3", input })).rejects.toMatchObject({
      status: 400,
      code: "context_length_exceeded",
      param: "input",
    });
  });

  it("answers a vendor's failure with the error that OpenAI's client has for it", async () => {
    const { openai, client } = await start(runtime);
    const ask = () => client.chat.completions.create({ model: "gpt-4o3", messages });
    // So long a wait that nobody tries again within the deadline.
    openai.play((call) =>
      replyJson(call, 429, { error: OPENAI_ERRORS["rate-limited"].error }, { "retry-after": "600" }),
    );
    const limited = await ask().catch((error: unknown) => error);
    expect(limited).toBeInstanceOf(OpenAI.RateLimitError);
    expect((limited as InstanceType<typeof OpenAI.APIError>).headers?.get("retry-after")).toBe("600");
    openai.play(openaiFailure("context-overflow"));
    const overflown = await ask().catch((error: unknown) => error);
    expect(overflown).toBeInstanceOf(OpenAI.BadRequestError);
    expect(overflown).toMatchObject({ code: "context_length_exceeded" });
    openai.play((call) => replyJson(call, 401, { error: { message: "sk-loopback-secret", code: "invalid_api_key" } }));
    const ours = await ask().catch((error: unknown) => error);
    expect(ours).toBeInstanceOf(OpenAI.InternalServerError);
    expect(String(ours)).not.toContain("loopback-secret");
    const tools = [{ type: "function" as const, function: { name: "weather" } }];
    const extractive = { model: "extractive@faiss", messages, tools, temperature: 0.5 };
    await expect(client.chat.completions.create(extractive)).rejects.toMatchObject({
      status: 400,
      code: "unsupported_parameter",
      param: "tools",
    });
    const unknown = await client.chat.completions.create({ model: "gpt-0", messages }).catch((error: unknown) => error);
    expect(unknown).toBeInstanceOf(OpenAI.NotFoundError);
  });

  it.each([
    ["gpt-4o3", "openai"],
    ["claude-3-opus", "bedrock"],
    ["gpt-4o3@faiss", "openai"],
    ["claude-3-opus@faiss", "bedrock"],
  ] as const)(
    "hands %s's calls of tools to the caller, and their results back, whole and streamed",
    async (model, name) => {
      const { client, ...vendors } = await start(runtime);
      const vendor = vendors[name];
      for (const ask of [whole, streamed]) {
        vendor.answer({ ...ANSWER, deltas: ["Let me look."], toolCalls: CALLS, finishReason: "tool-calls" });
        const asking = await ask(client, { model, messages, tools: TOOLS, tool_choice: "required", stop: ["STOP"] });
        expect(asking).toMatchObject({
          finish_reason: "tool_calls",
          message: {
            content: "Let me look.",
            tool_calls: CALLS.map(({ id, name, arguments: json }) => ({ id, function: { name, arguments: json } })),
          },
        });
        expect(vendor.heard().parameters).toEqual({
          stop: ["STOP"],
          tools: TOOLS.map(({ function: { name, description, parameters } }) => ({ name, description, parameters })),
          toolChoice: "required",
        });

        vendor.answer(ANSWER);
        const { role, content, tool_calls } = asking.message;
        const told = CALLS.map(({ id }) => ({ role: "tool" as const, tool_call_id: id, content: `told by ${id}` }));
        const turns = [...messages, { role, content, tool_calls: tool_calls ?? [] }, ...told];
        const answered = await ask(client, { model, messages: turns, tools: TOOLS });
        expect(answered).toMatchObject({ finish_reason: "stop", message: { content: ANSWER.deltas.join("") } });
        expect(vendor.heard().messages.slice(1)).toEqual([
          { role: "assistant", content: "Let me look.", toolCalls: CALLS },
          ...CALLS.map(({ id }) => ({ role: "tool", toolCallId: id, content: `told by ${id}` })),
        ]);
      }
    },
  );

  it("hands an image and a schema to both vendors, and OpenAI's likelihoods to the caller", async () => {
    const { openai, bedrock, client } = await start(runtime);
    const image_url = { url: `data:image/png;base64,${PNG}` };
    const seen = [
      {
        role: "user" as const,
        content: [
          { type: "text" as const, text: "What is it?" },
          { type: "image_url" as const, image_url },
        ],
      },
    ];
    const heard = [
      {
        role: "user",
        content: [
          { type: "text", text: "What is it?" },
          { type: "image", image: { mediaType: "image/png", base64: PNG } },
        ],
      },
    ];
    const schema = { type: "object", properties: { name: { type: "string" } }, required: ["name"] };
    const response_format = { type: "json_schema" as const, json_schema: { name: "thing", schema } };
    const responseFormat = { type: "json-schema", name: "thing", schema };
    for (const ask of [whole, streamed]) {
      openai.answer({ ...ANSWER, deltas: ['{"name":', '"fog"}'], logprobs: LOGPROBS });
      const logged = { logprobs: true, top_logprobs: 1, seed: 7, temperature: 0, top_p: 0.5 };
      const choice = await ask(client, { model: "gpt-4o3", messages: seen, response_format, ...logged });
      expect(choice).toMatchObject({ message: { content: '{"name":"fog"}' }, logprobs: { content: TOLD_LOGPROBS } });
      expect(openai.heard()).toMatchObject({
        messages: heard,
        parameters: { responseFormat, topLogprobs: 1, seed: 7, temperature: 0, topP: 0.5 },
      });

      bedrock.answer({ ...ANSWER, deltas: ['{"name":', '"fog"}'] });
      const other = await ask(client, { model: "claude-opus-4.6", messages: seen, response_format });
      expect(other).toMatchObject({ message: { content: '{"name":"fog"}' }, logprobs: null });
      expect(bedrock.heard()).toMatchObject({ messages: heard, parameters: { responseFormat } });
    }
    const refused = client.chat.completions.create({ model: "claude-opus-4.6", messages, logprobs: true });
    await expect(refused).rejects.toMatchObject({ status: 400, code: "unsupported_parameter", param: "logprobs" });
  });

  it("embeds with the embedders of both vendors, and says why the learned one cannot", async () => {
    const { openai, bedrock, client } = await start(runtime);
    openai.play((call) => replyEmbeddings(call, 1_536));
    bedrock.play((call) => replyEmbedding(call, 1_024));
    for (const [model, dimensions] of [
      ["text-embedding-3-small", 1_536],
      ["titan-v2", 1_024],
    ] as const) {
      const { data } = await client.embeddings.create({ model, input: ["a lamp", "fog"] });
      const vectors = ["a lamp", "fog"].map((text) => vendorVector(text, dimensions));
      expect(data.map(({ embedding }) => embedding.length)).toEqual([dimensions, dimensions]);
      expect(data[1]?.embedding[0]).toBeCloseTo(vectors[1]?.[0] ?? Number.NaN, 5);
    }
    await expect(client.embeddings.create({ model: "lsa", input: "a lamp" })).rejects.toMatchObject({
      status: 400,
      param: "model",
      message: expect.stringContaining("learns its space from each corpus"),
    });
  });

  it("lists what can be asked", async () => {
    const { client } = await start(runtime);
    const ids = (await Array.fromAsync(client.models.list())).map(({ id }) => id);
    expect(ids).toEqual(
      expect.arrayContaining(["extractive", "gpt-4o3@faiss", "claude-3-opus@faiss", "text-embedding-3-small"]),
    );
    expect(ids).not.toContain("lsa");
    expect(ids).not.toContain("extractive@kendra");
  });
});
