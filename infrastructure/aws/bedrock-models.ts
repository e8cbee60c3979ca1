import { partitionOf } from "./partition.ts";

/** What a config calls a model, told apart by what it takes to be allowed to ask it. */
export type BedrockModel =
  /** Asked in its own region: a foundation model, or one that was bought, imported or trained. */
  | { readonly kind: "model"; readonly arn: string }
  /** A profile of AWS that sends each call to one of the regions of a geography. */
  | ({ readonly kind: "geographic"; readonly destinations: readonly string[] } & SystemProfile)
  /** A profile of AWS that sends each call to any commercial region. */
  | ({ readonly kind: "global" } & SystemProfile)
  /** A profile of an account's own; what stands behind it only AWS knows. */
  | { readonly kind: "application"; readonly arn: string };

interface SystemProfile {
  /** Such as `eu.amazon.nova-pro-v1:0`. */
  readonly profileId: string;
  /** Such as `amazon.nova-pro-v1:0`. */
  readonly modelId: string;
  /** Where it is asked. */
  readonly region: string;
}

/**
 * The regions that the profiles of a geography send calls to, besides the one that is asked: all of those that any of its
 * profiles of models has that answer or embed texts. One that goes to fewer never uses the others, as the permissions count
 * behind a profile alone. A profile's list never changes, says AWS; new geographies come.
 * By profile and source region: https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html (December
 * 2025), by model since then: https://docs.aws.amazon.com/bedrock/latest/userguide/models-region-compatibility.html
 * India: https://aws.amazon.com/blogs/machine-learning/amazon-bedrock-expands-claude-model-availability-to-india-cross-region-inference/
 */
export const GEOGRAPHIES = {
  us: ["us-east-1", "us-east-2", "us-west-2"],
  eu: ["eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3"],
  apac: [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
  ],
  jp: ["ap-northeast-1", "ap-northeast-3"],
  au: ["ap-southeast-2", "ap-southeast-4"],
  ca: ["ca-central-1", "ca-west-1"],
  in: ["ap-south-1", "ap-south-2"],
  "us-gov": ["us-gov-east-1", "us-gov-west-1"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** A geography's or country's code begins a profile's id, as no vendor's name begins a model's. */
const PROFILE_ID = /^(?<geography>global|apac|[a-z]{2}(?:-[a-z]+)?)\.(?<modelId>.+)$/u;
const ARN = /^arn:[a-z-]+:bedrock:(?<region>[a-z0-9-]+):\d*:(?<kind>[a-z-]+)\/(?<name>.+)$/u;

/** Kinds of ARN that are permission enough for themselves. */
const MODEL_KINDS: ReadonlySet<string> = new Set([
  "foundation-model",
  "provisioned-model",
  "imported-model",
  "custom-model-deployment",
]);

/**
 * @param model an id of a model or profile, or an ARN of one; an ARN says its region itself
 * @returns undefined for a geography whose regions are not known, and for an ARN of anything else
 */
export function bedrockModel(model: string, region: string): BedrockModel | undefined {
  if (!model.startsWith("arn:")) {
    if (PROFILE_ID.test(model)) return systemProfile(model, region);
    return { kind: "model", arn: foundationModelArn(model, region) };
  }
  const { kind = "", name = "", region: itsRegion = "" } = ARN.exec(model)?.groups ?? {};
  if (MODEL_KINDS.has(kind)) return { kind: "model", arn: model };
  if (kind === "application-inference-profile") return { kind: "application", arn: model };
  return kind === "inference-profile" ? systemProfile(name, itsRegion) : undefined;
}

export function foundationModelArn(modelId: string, region: string): string {
  return `arn:${partitionOf(region)}:bedrock:${region}::foundation-model/${modelId}`;
}

function systemProfile(profileId: string, region: string): BedrockModel | undefined {
  const { geography = "", modelId = "" } = PROFILE_ID.exec(profileId)?.groups ?? {};
  if (geography === "global") return { kind: "global", profileId, modelId, region };
  const regions = Object.entries(GEOGRAPHIES).find(([code]) => code === geography)?.[1];
  if (regions === undefined) return undefined;
  const destinations = [...new Set<string>([...regions, region])].toSorted();
  return { kind: "geographic", profileId, modelId, region, destinations };
}
