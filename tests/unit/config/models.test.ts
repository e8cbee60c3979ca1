import { describe, expect, it } from "vitest";
import { loading, problemsOf } from "../../support/config.ts";

describe("A model of the config", () => {
  it("takes a model's price whatever its adapter, and keeps it from the adapter's own options", async () => {
    const { models } = await loading(`
models:
  priced: { adapter: extractive, price: { input: 0.15, output: 0.6, cached_input: "\${CACHED:-0.075}" } }
  plain: { adapter: extractive }
`);
    expect(models.map(({ targets }) => targets[0]?.price)).toEqual([
      { input: 0.15, output: 0.6, cached_input: 0.075 },
      undefined,
    ]);
    expect(await problemsOf("models: { a: { adapter: extractive, price: { input: -1, outptu: 3 } } }")).toEqual([
      "models.a.price.input: must be at least 0",
      "models.a.price.output: is missing",
      "models.a.price.outptu: unknown key",
    ]);
  });

  it("lists files that a model of one's own lacks, relative to the config, beside whatever else is wrong", async () => {
    const problems = await problemsOf(`
embedders:
  own: { adapter: transformers, model: ./no-model, dimensions: 384 }
  hub: { adapter: transformers, model: nobody, dimensions: 384 }
  lsa: { adapter: lsa, colour: red }
`);
    expect(problems).toEqual([
      expect.stringMatching(/^embedders\.own\.model: the folder .*no-model lacks config\.json, .*onnx\/model\.onnx$/u),
      expect.stringMatching(/^embedders\.hub\.model: must be a folder .* or a model of the Hugging Face Hub/u),
      "embedders.lsa.colour: unknown key",
    ]);
  });

  it("reads a model's targets and fallbacks, and keeps their weights and its fallbacks from the adapters", async () => {
    const { models } = await loading(`
models:
  several:
    targets:
      - { adapter: openai, model: gpt-4o, api_key: k, context_tokens: 8192, weight: 2 }
      - { adapter: bedrock, model: claude, region: eu-west-1, context_tokens: 8192 }
    fallbacks: [plain]
  plain: { adapter: extractive, fallbacks: [last] }
  last: { adapter: extractive }
`);
    expect(models.map(({ name, fallbacks, missing }) => [name, fallbacks, missing])).toEqual([
      ["several", ["plain"], []],
      ["plain", ["last"], []],
      ["last", [], []],
    ]);
    expect(models.map(({ targets }) => targets.map(({ adapter, weight }) => [adapter, weight]))).toEqual([
      [
        ["openai", 2],
        ["bedrock", 1],
      ],
      [["extractive", 1]],
      [["extractive", 1]],
    ]);
  });

  it("leaves a target out that lacks a variable, and the model only where all of them do", async () => {
    const yaml = `
models:
  a:
    targets:
      - { adapter: openai, model: gpt-4o, api_key: "\${KEY}", context_tokens: 8192 }
      - { adapter: openai, model: gpt-4o, api_key: "\${OTHER_KEY}", context_tokens: 8192 }
`;
    const targetsOf = async (variables: Record<string, string>) => {
      const [model] = (await loading(yaml, variables)).models;
      return [model?.missing, model?.targets.map(({ missing }) => missing)];
    };
    expect(await targetsOf({ KEY: "k", OTHER_KEY: "k" })).toEqual([[], [[], []]]);
    expect(await targetsOf({ OTHER_KEY: "k" })).toEqual([[], [["KEY"], []]]);
    expect(await targetsOf({})).toEqual([
      ["KEY", "OTHER_KEY"],
      [["KEY"], ["OTHER_KEY"]],
    ]);
  });

  it("lists what is wrong with targets, by their places", async () => {
    const problems = await problemsOf(`
models:
  a:
    targets:
      - { adapter: openai, api_key: k, context_tokens: 8192, weight: 0 }
      - { adapter: opnai }
      - { model: x }
    price: 3
  b: { adapter: extractive, targets: [{ adapter: extractive }] }
  c: { fallbacks: [] }
  d: { targets: [] }
  e: { targets: [{ adapter: extractive, fallbacks: [a] }, { adapter: "\${ADAPTER}" }] }
  f: { adapter: extractive, weight: 2 }
`);
    expect(new Set(problems)).toEqual(
      new Set([
        "models.a.targets[2].adapter: is missing",
        "models.b.adapter: cannot stand beside targets",
        "models.c.adapter: is missing, and there are no targets either",
        "models.d.targets: must not be empty",
        "models.e.targets[1].adapter: the variable ADAPTER is not set and has no default",
        "models.a.price: unknown key",
        "models.a.targets[0].model: is missing",
        expect.stringMatching(/^models\.a\.targets\[0\]\.weight: /u),
        expect.stringMatching(/^models\.a\.targets\[1\]\.adapter: no adapter "opnai"; known are /u),
        "models.e.targets[0].fallbacks: unknown key",
        "models.f.weight: unknown key",
      ]),
    );
  });

  it("refuses fallbacks that are no models, and those that lead back, all at once", async () => {
    const problems = await problemsOf(`
models:
  a: { adapter: extractive, fallbacks: [b, nobody] }
  b: { adapter: extractive, fallbacks: [c] }
  c: { adapter: extractive, fallbacks: [d, b] }
  d: { adapter: extractive, fallbacks: [d] }
  e: { adapter: extractive, fallbacks: ["\${MODEL}"] }
`);
    expect(problems).toEqual([
      "models.e.fallbacks[0]: the variable MODEL is not set and has no default",
      'models.a.fallbacks[1]: no model "nobody"; known are a, b, c, d, e',
      "models.b.fallbacks[0]: falls back on b in turn: fallbacks must not lead back",
      "models.c.fallbacks[1]: falls back on c in turn: fallbacks must not lead back",
      "models.d.fallbacks[0]: falls back on d in turn: fallbacks must not lead back",
    ]);
  });
});
