import { describe, expect, it, onTestFinished } from "vitest";
import { OWN_RUNTIME, type Runtime, type ServiceProcess, startServiceProcess } from "../support/service-process.ts";
import { bedrockDialect } from "../support/wires/bedrock-wire.ts";
import { KENDRA_INDEX_ID, KendraWire } from "../support/wires/kendra-wire.ts";
import { openaiDialect } from "../support/wires/openai-wire.ts";
import { type ScriptedVendor, startScriptedVendor } from "../support/wires/scripted-vendor.ts";

const ANSWER = {
  deltas: ["The FAISS index is never ", "the record [1]."],
  finishReason: "stop",
  usage: { inputTokens: 812, outputTokens: 9, cachedInputTokens: 0 },
} as const;

interface Vendors {
  readonly openai: ScriptedVendor;
  readonly bedrock: ScriptedVendor;
  readonly kendra: KendraWire;
}

/** The vendors of the shipped config, on loopback, found by their own variables. */
async function startWithVendors(runtime: Runtime): Promise<{ service: ServiceProcess; vendors: Vendors }> {
  const openai = await startScriptedVendor(openaiDialect);
  const bedrock = await startScriptedVendor(bedrockDialect);
  const kendra = await KendraWire.start([
    {
      id: "k1",
      text: "The FAISS index is never the record.",
      title: "Retrieval",
      uri: "https://example.org/retrieval",
    },
  ]);
  onTestFinished(async () => {
    await Promise.all([openai.loopback.close(), bedrock.loopback.close(), kendra.close()]);
  });
  const service = await startServiceProcess(runtime, {
    environment: {
      OPENAI_API_KEY: "sk-loopback-secret",
      OPENAI_BASE_URL: `${openai.loopback.url}/v1`,
      AWS_REGION: "eu-central-1",
      AWS_ACCESS_KEY_ID: "AKIALOOPBACK",
      AWS_SECRET_ACCESS_KEY: "loopback-secret",
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.loopback.url,
      AWS_ENDPOINT_URL_KENDRA: kendra.endpoint,
      KENDRA_INDEX_ID,
    },
  });
  return { service, vendors: { openai, bedrock, kendra } };
}

async function generate(service: ServiceProcess, model: string, search: string) {
  const prompt = "Is the FAISS index the record?";
  const response = await fetch(`${service.url}/generate`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ prompt, llm_name: model, vector_search_type: search }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe.each([OWN_RUNTIME])("the shipped config on %s, with every variable set", (runtime) => {
  it("answers with OpenAI's and Bedrock's models from FAISS and from Kendra", async () => {
    const { service, vendors } = await startWithVendors(runtime);
    vendors.openai.answer(ANSWER);
    vendors.bedrock.answer(ANSWER);
    for (const model of ["gpt-4o3", "claude-3-opus", "ai21-jamba"]) {
      for (const search of ["faiss", "kendra"]) {
        const { status, body } = await generate(service, model, search);
        expect(status, JSON.stringify(body)).toBe(200);
        expect(body).toMatchObject({
          response: "The FAISS index is never the record [1].",
          model,
          finish_reason: "stop",
          usage: { input_tokens: 812, output_tokens: 9 },
          citations: [{ marker: 1 }],
        });
        if (search === "kendra") {
          expect(body).toMatchObject({ citations: [{ verified: true, uri: "https://example.org/retrieval" }] });
        }
      }
    }
    expect(vendors.openai.loopback.calls[0]?.body).toMatchObject({ model: "gpt-4o" });
    expect(vendors.bedrock.loopback.calls.map(({ path }) => decodeURIComponent(path))).toEqual(
      expect.arrayContaining([
        "/model/anthropic.claude-3-opus-20240229-v1:0/converse-stream",
        "/model/ai21.jamba-1-5-large-v1:0/converse-stream",
      ]),
    );
  });

  it("answers a vendor's failure with its code, without a secret in the answer or the log", async () => {
    const { service, vendors } = await startWithVendors(runtime);
    vendors.openai.play((call) => {
      call.response.writeHead(429, { "content-type": "application/json", "retry-after": "600" });
      call.response.end(
        JSON.stringify({
          error: { message: "slow down sk-loopback-secret", type: "requests", code: "rate_limit_exceeded" },
        }),
      );
    });
    const { status, body } = await generate(service, "gpt-4o3", "faiss");
    expect([status, body.code]).toEqual([429, "rate-limited"]);
    expect(JSON.stringify([body, service.log])).not.toContain("loopback-secret");
  });
});
