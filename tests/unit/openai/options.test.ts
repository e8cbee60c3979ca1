import { describe, expect, it } from "vitest";
import { featuresWithout } from "../../../adapters/outbound/openai/features.ts";
import { openaiCompletionOptions, openaiEmbeddingOptions } from "../../../adapters/outbound/openai/options.ts";

describe("the options of the OpenAI adapter", () => {
  it("need no more than model, key and context, or dimensions", () => {
    const account = { model: "gpt-4o", api_key: "sk-given" };
    const defaults = { base_url: "https://api.openai.com/v1" };
    expect(openaiCompletionOptions.parse({ ...account, context_tokens: 10 })).toEqual({
      ...account,
      ...defaults,
      context_tokens: 10,
      temperature: "supported",
      unsupported: [],
    });
    expect(openaiEmbeddingOptions.parse({ ...account, dimensions: 3 })).toEqual({
      ...account,
      ...defaults,
      dimensions: 3,
      max_concurrency: 8,
    });
  });

  it("refuse a key that no header can hold", () => {
    const given = { model: "gpt-4o", context_tokens: 10 };
    for (const key of ["", "sk-given\n", "sk given", "sk-gïven"]) {
      const { error } = openaiCompletionOptions.safeParse({ ...given, api_key: key });
      expect(error?.issues.map(({ path }) => path.join("."))).toEqual(["api_key"]);
      expect(error?.issues[0]?.message).not.toContain("given");
    }
  });

  it("name what the model does not take, in the words of the config", () => {
    const given = { model: "gpt-4o", api_key: "sk-given", context_tokens: 10 };
    const { unsupported } = openaiCompletionOptions.parse({ ...given, unsupported: ["top_p", "tools"] });
    const supports = featuresWithout(unsupported);
    for (const feature of ["topP", "tools", "toolChoice", "parallelToolCalls"] as const) {
      expect(supports.has(feature), feature).toBe(false);
    }
    expect(supports.has("seed")).toBe(true);
    expect(openaiCompletionOptions.safeParse({ ...given, unsupported: ["topP"] }).success).toBe(false);
  });

  it("refuse what they do not know, and what is out of range, all at once", () => {
    const { error } = openaiCompletionOptions.safeParse({
      model: "",
      api_key: "sk-given",
      base_url: "ftp://example.org",
      context_tokens: 0,
      temprature: "unsupported",
    });
    const paths = error?.issues.map(({ path, code }) => (code === "unrecognized_keys" ? code : path.join(".")));
    expect(paths?.toSorted()).toEqual(["base_url", "context_tokens", "model", "unrecognized_keys"]);
  });
});
