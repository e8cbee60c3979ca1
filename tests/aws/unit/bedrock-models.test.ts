import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bedrockModel, GEOGRAPHIES } from "../../../infrastructure/aws/bedrock-models.ts";

const REGIONS = [
  "us-east-1",
  "us-west-1",
  "ca-central-1",
  "eu-central-1",
  "eu-west-2",
  "ap-southeast-2",
  "me-central-1",
];

describe("what a config calls a model of Bedrock", () => {
  it("is a foundation model of the region, where nothing says otherwise", () => {
    expect(bedrockModel("anthropic.claude-3-opus-20240229-v1:0", "eu-west-3")).toEqual({
      kind: "model",
      arn: "arn:aws:bedrock:eu-west-3::foundation-model/anthropic.claude-3-opus-20240229-v1:0",
    });
  });

  it("is not taken for a profile where the vendor's name is short", () => {
    for (const model of ["ai21.jamba-1-5-large-v1:0", "xai.grok-4.7", "openai.gpt-oss-120b-1:0", "zai.glm-4.7"])
      expect(bedrockModel(model, "us-east-1")?.kind).toBe("model");
  });

  it("is in the region's own partition", () => {
    expect(bedrockModel("amazon.titan-embed-text-v2:0", "us-gov-west-1")).toEqual({
      kind: "model",
      arn: "arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/amazon.titan-embed-text-v2:0",
    });
  });

  it.each([
    "arn:aws:bedrock:us-west-2::foundation-model/cohere.rerank-v3-5:0",
    "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdef123456",
    "arn:aws:bedrock:us-east-1:123456789012:imported-model/abcdef123456",
    "arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/abcdef123456",
  ])("is %s as it stands, wherever it is asked", (arn) => {
    expect(bedrockModel(arn, "eu-west-3")).toEqual({ kind: "model", arn });
  });

  it("is a profile of a geography, with the regions that it goes to", () => {
    expect(bedrockModel("eu.amazon.nova-pro-v1:0", "eu-central-1")).toEqual({
      kind: "geographic",
      profileId: "eu.amazon.nova-pro-v1:0",
      modelId: "amazon.nova-pro-v1:0",
      region: "eu-central-1",
      destinations: ["eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3"],
    });
  });

  it.each([
    ["us.meta.llama3-3-70b-instruct-v1:0", "us-east-1", ["us-east-1", "us-east-2", "us-west-2"]],
    ["us.amazon.nova-pro-v1:0", "us-west-1", ["us-east-1", "us-east-2", "us-west-1", "us-west-2"]],
    ["us.amazon.nova-2-lite-v1:0", "ca-west-1", ["ca-west-1", "us-east-1", "us-east-2", "us-west-2"]],
    ["jp.anthropic.claude-sonnet-4-6", "ap-northeast-1", ["ap-northeast-1", "ap-northeast-3"]],
    ["au.anthropic.claude-opus-4-6-v1", "ap-southeast-4", ["ap-southeast-2", "ap-southeast-4"]],
    ["ca.amazon.nova-lite-v1:0", "ca-central-1", ["ca-central-1", "ca-west-1"]],
    ["in.anthropic.claude-haiku-4-5-20251001-v1:0", "ap-south-2", ["ap-south-1", "ap-south-2"]],
    ["us-gov.anthropic.claude-3-7-sonnet-20250219-v1:0", "us-gov-east-1", ["us-gov-east-1", "us-gov-west-1"]],
  ])("sends %s from %s to the regions that AWS names", (profile, region, destinations) => {
    expect(bedrockModel(profile, region)).toMatchObject({ destinations });
  });

  it("is a global profile, which goes to no list of regions", () => {
    expect(bedrockModel("global.anthropic.claude-opus-4-6-v1", "ap-south-1")).toEqual({
      kind: "global",
      profileId: "global.anthropic.claude-opus-4-6-v1",
      modelId: "anthropic.claude-opus-4-6-v1",
      region: "ap-south-1",
    });
  });

  it("is asked in the region of its ARN where it is a profile's", () => {
    const arn = "arn:aws:bedrock:us-west-2:123456789012:inference-profile/us.amazon.nova-pro-v1:0";
    expect(bedrockModel(arn, "eu-central-1")).toEqual(bedrockModel("us.amazon.nova-pro-v1:0", "us-west-2"));
  });

  it("is an account's own profile, of which its ARN says no model", () => {
    const arn = "arn:aws:bedrock:us-west-2:123456789012:application-inference-profile/abcdef123456";
    expect(bedrockModel(arn, "eu-central-1")).toEqual({ kind: "application", arn });
  });

  it.each([
    "kr.amazon.nova-pro-v1:0",
    "arn:aws:bedrock:us-west-2:123456789012:inference-profile/kr.amazon.nova-pro-v1:0",
    "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdef123456",
    "arn:aws:sagemaker:us-east-1:123456789012:endpoint/mine",
  ])("is unknown as %s", (model) => {
    expect(bedrockModel(model, "us-east-1")).toBeUndefined();
  });

  it("goes from anywhere to the whole geography and to where it is asked, each once", () => {
    const geography = fc.constantFrom(...(Object.keys(GEOGRAPHIES) as (keyof typeof GEOGRAPHIES)[]));
    fc.assert(
      fc.property(geography, fc.constantFrom(...REGIONS), (code, region) => {
        const model = bedrockModel(`${code}.vendor.model-v1:0`, region);
        if (model?.kind !== "geographic") throw new Error("is no profile of a geography");
        expect(new Set(model.destinations)).toEqual(new Set([...GEOGRAPHIES[code], region]));
        expect(model.destinations).toEqual([...new Set(model.destinations)].toSorted());
        expect(model.modelId).toBe("vendor.model-v1:0");
      }),
    );
  });
});
