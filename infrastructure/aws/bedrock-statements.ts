import { bedrockModel, foundationModelArn } from "./bedrock-models.ts";
import type { InvokedModel, ModelNeeds } from "./model-needs.ts";
import { partitionOf } from "./partition.ts";
import { allow, type Statement, sorted } from "./policy-document.ts";

/** ARNs of the models behind the account's own inference profiles, by the profiles' ARNs. */
export type ProfileModels = Readonly<Record<string, readonly string[]>>;

interface BedrockNeeds {
  readonly accountId: string;
  readonly needs: ModelNeeds;
  readonly profileModels: ProfileModels;
}

/** Converse needs the first, ConverseStream the second; there are no actions of their own names. */
const ANSWER = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"];
const EMBED = ["bedrock:InvokeModel"];

/** Permissions to ask the models, profiles and rerankers that a config names, and nothing else. */
export function bedrockStatements({ accountId, needs, profileModels }: BedrockNeeds): readonly Statement[] {
  const uses = [...needs.bedrockModels, ...needs.bedrockProfiles];
  const answering = uses.filter(({ answers }) => answers);
  const embedding = uses.filter(({ answers }) => !answers);
  return [
    ...invocations("Answer", ANSWER, answering, accountId, profileModels),
    ...invocations("Embed", EMBED, embedding, accountId, profileModels),
    ...rerankStatements(needs),
  ];
}

/**
 * A profile needs a permission for itself, and one for the model in every region that it goes to, which holds only behind
 * the profile. Profiles share statements: a profile of AWS goes to no other model than its own.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/geographic-cross-region-inference.html
 */
function invocations(
  verb: string,
  actions: readonly string[],
  uses: readonly InvokedModel[],
  accountId: string,
  profileModels: ProfileModels,
): readonly Statement[] {
  const direct: string[] = [];
  const profiles: string[] = [];
  const behind: string[] = [];
  const global: GlobalProfile[] = [];
  for (const { id, region } of uses) {
    const model = bedrockModel(id, region);
    if (model?.kind === "model") direct.push(model.arn);
    if (model?.kind === "application") {
      profiles.push(model.arn);
      behind.push(...(profileModels[model.arn] ?? []));
    }
    if (model?.kind === "geographic") {
      profiles.push(profileArn(model, accountId));
      behind.push(...model.destinations.map((destination) => foundationModelArn(model.modelId, destination)));
    }
    if (model?.kind === "global") global.push({ ...model, arn: profileArn(model, accountId) });
  }
  return [
    ...allow(`${verb}Directly`, actions, direct),
    ...allow(`${verb}ThroughProfiles`, actions, profiles),
    ...allow(`${verb}BehindProfiles`, actions, behind, {
      StringEquals: { "bedrock:InferenceProfileArn": sorted(profiles) },
    }),
    ...globalInvocations(verb, actions, global),
  ];
}

interface GlobalProfile {
  readonly arn: string;
  readonly modelId: string;
  readonly region: string;
}

/**
 * A global profile goes to no list of regions: it needs the model where it is asked, and the model without a region, which
 * counts as asked in the region "unspecified".
 * https://docs.aws.amazon.com/bedrock/latest/userguide/global-cross-region-inference.html
 */
function globalInvocations(
  verb: string,
  actions: readonly string[],
  profiles: readonly GlobalProfile[],
): readonly Statement[] {
  const arns = sorted(profiles.map(({ arn }) => arn));
  const regions = sorted(profiles.map(({ region }) => region));
  const here = profiles.map(({ modelId, region }) => foundationModelArn(modelId, region));
  const anywhere = profiles.map(
    ({ modelId, region }) => `arn:${partitionOf(region)}:bedrock:::foundation-model/${modelId}`,
  );
  const behind = { "bedrock:InferenceProfileArn": arns };
  return [
    ...allow(`${verb}ThroughGlobalProfiles`, actions, arns, { StringEquals: { "aws:RequestedRegion": regions } }),
    ...allow(`${verb}BehindGlobalProfilesHere`, actions, here, {
      StringEquals: { "aws:RequestedRegion": regions, ...behind },
    }),
    ...allow(`${verb}BehindGlobalProfilesAnywhere`, actions, anywhere, {
      StringEquals: { "aws:RequestedRegion": ["unspecified"], ...behind },
    }),
  ];
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/rerank-prereq.html */
function rerankStatements({ rerankers }: ModelNeeds): readonly Statement[] {
  const arns = rerankers.flatMap(({ id, region }) => {
    const model = bedrockModel(id, region);
    return model?.kind === "model" ? [model.arn] : [];
  });
  return [
    ...allow("AskRerankers", ["bedrock:InvokeModel"], arns),
    // The one resource that this action knows is all; which model it may ask is the statement above.
    ...allow("Rerank", ["bedrock:Rerank"], arns.length === 0 ? [] : ["*"], {
      StringEquals: { "aws:RequestedRegion": sorted(rerankers.map(({ region }) => region)) },
    }),
  ];
}

function profileArn(profile: { readonly profileId: string; readonly region: string }, accountId: string): string {
  return `arn:${partitionOf(profile.region)}:bedrock:${profile.region}:${accountId}:inference-profile/${profile.profileId}`;
}
