import { describe, expect, it } from "vitest";
import { featuresOf } from "../../../adapters/outbound/bedrock/features.ts";
import {
  bedrockCompletionOptions,
  bedrockEmbeddingOptions,
  bedrockRerankOptions,
  familyOf,
} from "../../../adapters/outbound/bedrock/options.ts";

const ACCOUNT = { region: "us-east-1" };

describe("the options of the Bedrock adapter", () => {
  it("need no more than model, region and context", () => {
    const options = { ...ACCOUNT, model: "m", context_tokens: 10 };
    expect(bedrockCompletionOptions.parse(options)).toEqual({
      ...options,
      unsupported: [],
      temperature: "supported",
      system_prompt: "supported",
      prompt_cache: [],
    });
  });

  it("refuse what they do not know, and what is out of range, all at once", () => {
    const { error } = bedrockCompletionOptions.safeParse({
      model: "m",
      endpoint: "here",
      context_tokens: 1.5,
      unsupported: ["tools", "seed"],
      prompt_cache: true,
      key: "x",
    });
    const paths = error?.issues.map(({ path, code }) => (code === "unrecognized_keys" ? code : path.join(".")));
    expect(paths?.toSorted()).toEqual([
      "context_tokens",
      "endpoint",
      "prompt_cache",
      "region",
      "unrecognized_keys",
      "unsupported.1",
    ]);
  });

  it("say what a model supports: what Converse has, but for what they name", () => {
    const supportsOf = (options: Readonly<Record<string, unknown>>) => [
      ...featuresOf(bedrockCompletionOptions.parse({ ...ACCOUNT, model: "m", context_tokens: 10, ...options })),
    ];
    const all = ["temperature", "topP", "stop", "tools", "toolChoice", "images", "responseFormat", "reasoningEffort"];
    expect(supportsOf({})).toEqual(all);
    expect(supportsOf({ temperature: "unsupported", unsupported: ["tools", "reasoning_effort"] })).toEqual([
      "topP",
      "stop",
      "images",
      "responseFormat",
    ]);
    expect(supportsOf({ unsupported: ["tool_choice", "system_prompt"] })).toEqual(
      all.filter((feature) => feature !== "toolChoice"),
    );
  });

  const families = [
    ["amazon.titan-embed-text-v2:0", "titan-v2"],
    ["cohere.embed-english-v3", "cohere-v3"],
    ["cohere.embed-multilingual-v3", "cohere-v3"],
    ["cohere.embed-v4:0", "cohere-v4"],
    ["global.cohere.embed-v4:0", "cohere-v4"],
    ["arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.cohere.embed-v4:0", "cohere-v4"],
    ["amazon.titan-embed-text-v1", undefined],
    ["arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc", undefined],
  ] as const;
  for (const [model, family] of families) {
    it(`tell ${family ?? "no family"} from ${model}`, () => {
      expect(familyOf({ model })).toBe(family);
    });
  }

  it("want the family named where the model's id does not tell it", () => {
    const options = {
      ...ACCOUNT,
      model: "arn:aws:bedrock:eu-west-1:1:application-inference-profile/x",
      dimensions: 1024,
    };
    expect(issuesOf(options)).toEqual(["family"]);
    expect(issuesOf({ ...options, family: "cohere-v3" })).toEqual([]);
  });

  it("refuse dimensions that the family does not offer", () => {
    expect(issuesOf({ ...ACCOUNT, model: "amazon.titan-embed-text-v2:0", dimensions: 1536 })).toEqual(["dimensions"]);
    expect(issuesOf({ ...ACCOUNT, model: "cohere.embed-v4:0", dimensions: 1536 })).toEqual([]);
  });
});

describe("the options of Bedrock's reranker", () => {
  it("are model and region, and an endpoint at will", () => {
    const options = { model: "cohere.rerank-v3-5:0", region: "eu-central-1" };
    expect(bedrockRerankOptions.parse(options)).toEqual(options);
    const { error } = bedrockRerankOptions.safeParse({ model: "", endpoint: "here", dimensions: 3 });
    const paths = error?.issues.map(({ path, code }) => (code === "unrecognized_keys" ? code : path.join(".")));
    expect(paths?.toSorted()).toEqual(["endpoint", "model", "region", "unrecognized_keys"]);
  });
});

function issuesOf(options: unknown): readonly string[] {
  return bedrockEmbeddingOptions.safeParse(options).error?.issues.map(({ path }) => path.join(".")) ?? [];
}
