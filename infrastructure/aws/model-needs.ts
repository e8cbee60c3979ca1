import { z } from "zod";
import type { Problem } from "../../domain/errors.ts";
import { type Config, loadConfig } from "../config/load.ts";
import type { AdapterEntry } from "../config/prepared-entries.ts";
import { ConfigError } from "../config/problems.ts";
import { bedrockModel, GEOGRAPHIES } from "./bedrock-models.ts";
import { partitionOf } from "./partition.ts";

/** A model, profile or reranker of Bedrock, by its id or ARN, and the region in which it is asked. */
export interface BedrockUse {
  readonly id: string;
  readonly region: string;
}

/** A model that answers may also be asked for a stream; one that embeds is not. */
export interface InvokedModel extends BedrockUse {
  readonly answers: boolean;
}

/** A folder of a bucket. */
export interface SnapshotFolder {
  readonly bucketArn: string;
  /** Without a slash at its ends; "" for the whole bucket. */
  readonly prefix: string;
}

/** What a config needs of the world around a task, each thing once, in order; [] for what it does not need. */
export interface ModelNeeds {
  /** Models that are asked in their own region: foundation models, and ARNs of provisioned, imported or trained ones. */
  readonly bedrockModels: readonly InvokedModel[];
  /** Inference profiles: of a geography, global, and the account's own. */
  readonly bedrockProfiles: readonly InvokedModel[];
  readonly rerankers: readonly BedrockUse[];
  readonly kendraIndexes: readonly { readonly indexId: string; readonly region: string }[];
  /** Folders of S3 whose published snapshots are followed, beside the stack's own. */
  readonly snapshots: readonly SnapshotFolder[];
  /** Adapters that are asked over the network, such as `bedrock`. */
  readonly vendors: readonly string[];
  /** Services of AWS that are asked in the stack's region, by the names of their VPC endpoints. */
  readonly endpointServices: readonly string[];
  /** Whether anything is asked that the endpoints of the stack's region do not reach. */
  readonly vendorsOutside: boolean;
}

export interface DeployedConfig {
  readonly configFile: string;
  /** The stack's; a task finds it in AWS_REGION. */
  readonly region: string;
  /** Variables of the container. */
  readonly environment: Readonly<Record<string, string>>;
  /** Variables whose values are secrets, so that nobody here knows them. */
  readonly secretVariables: readonly string[];
}

/** Stands for a secret's value; it goes nowhere. */
const SECRET = "value-of-a-secret";

/**
 * The config as the service in the container will have it. An entry whose variables the container lacks is left out by
 * `needsOf`, as the service leaves it out. @throws ConfigError with every problem that the service would find
 */
export async function loadDeployedConfig(deployed: DeployedConfig): Promise<Config> {
  const { configFile, region, environment, secretVariables } = deployed;
  const variables = {
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    // The callers' keys have a form, and nothing here depends on them.
    ...Object.fromEntries(secretVariables.filter((name) => name !== "PHAROS_KEYS").map((name) => [name, SECRET])),
    ...environment,
  };
  return loadConfig({ configFile, dataDirectory: "", variables });
}

/** What a deployed config needs. @throws ConfigError with those of its models that no permission can be computed for */
export function needsOf(config: Config, region: string): ModelNeeds {
  const { models, embedders, rerankers, searches } = config;
  const answering = usable(models.flatMap(({ targets }) => targets));
  const others = [...usable(embedders), ...usable(rerankers), ...usable(searches)];
  const problems: Problem[] = [];
  const invoked = [
    ...answering.flatMap((entry) => bedrockUses("models", entry, problems).map((use) => ({ ...use, answers: true }))),
    ...usable(embedders).flatMap((entry) =>
      bedrockUses("embedders", entry, problems).map((use) => ({ ...use, answers: false })),
    ),
  ];
  const reranking = usable(rerankers).flatMap((entry) => bedrockUses("rerankers", entry, problems));
  const indexes = usable(searches).flatMap((entry) => kendraIndexes(entry, problems));
  if (problems.length > 0) throw new ConfigError(config.file, problems);
  const entries = [...answering, ...others].filter(({ adapter }) => !LOCAL_ADAPTERS.has(adapter));
  return {
    bedrockModels: distinct(invoked.filter((use) => !isProfile(use))),
    bedrockProfiles: distinct(invoked.filter(isProfile)),
    rerankers: distinct(reranking),
    kendraIndexes: distinct(indexes),
    snapshots: distinct(usable(searches).flatMap(({ snapshot }) => snapshotFolders(snapshot?.url, region))),
    vendors: distinct(entries.map(({ adapter }) => adapter)),
    endpointServices: [
      ...(invoked.some((use) => use.region === region) ? ["bedrock-runtime"] : []),
      ...(reranking.some((use) => use.region === region) ? ["bedrock-agent-runtime"] : []),
      ...(indexes.some((use) => use.region === region) ? ["kendra"] : []),
    ],
    vendorsOutside: entries.some((entry) => isOutside(entry, region)),
  };
}

/** Adapters that ask nobody. */
const LOCAL_ADAPTERS: ReadonlySet<string> = new Set(["extractive", "lsa", "transformers", "faiss"]);

const awsOptions = z.looseObject({ region: z.string(), endpoint: z.string().optional() });
const bedrockOptions = awsOptions.extend({ model: z.string() });
const kendraOptions = awsOptions.extend({ index_id: z.string() });

const KNOWN_MODELS = `it must be the id or ARN of a model or of an inference profile; geographies of profiles are ${[...Object.keys(GEOGRAPHIES), "global"].join(", ")}`;

type Entry = AdapterEntry<unknown>;

function usable<Kind extends Entry>(entries: readonly Kind[]): readonly Kind[] {
  return entries.filter(({ missing }) => missing.length === 0);
}

function bedrockUses(kind: string, { name, adapter, options }: Entry, problems: Problem[]): readonly BedrockUse[] {
  if (adapter !== "bedrock") return [];
  const { model, region } = bedrockOptions.parse(options);
  const field = `${kind}.${name}`;
  problems.push(...secretProblems(field, { model, region }));
  const known = bedrockModel(model, region)?.kind;
  if (known === undefined || (kind === "rerankers" && known !== "model"))
    problems.push({
      field: `${field}.model`,
      message: `no permission can be computed for ${model}: ${kind === "rerankers" ? "a reranker is a model's id or ARN" : KNOWN_MODELS}`,
    });
  return [{ id: model, region }];
}

function kendraIndexes({ name, adapter, options }: Entry, problems: Problem[]): ModelNeeds["kendraIndexes"] {
  if (adapter !== "kendra") return [];
  const { index_id: indexId, region } = kendraOptions.parse(options);
  problems.push(...secretProblems(`searches.${name}`, { index_id: indexId, region }));
  return [{ indexId, region }];
}

function snapshotFolders(url: string | undefined, region: string): readonly SnapshotFolder[] {
  if (url === undefined || !url.startsWith("s3://")) return [];
  const { hostname: bucket, pathname } = new URL(url);
  return [{ bucketArn: `arn:${partitionOf(region)}:s3:::${bucket}`, prefix: pathname.slice(1) }];
}

function secretProblems(field: string, values: Readonly<Record<string, string>>): readonly Problem[] {
  return Object.entries(values)
    .filter(([, value]) => value.includes(SECRET))
    .map(([key]) => ({
      field: `${field}.${key}`,
      message: "a permission needs its value, so its variable must be one of the environment, not a secret",
    }));
}

/** Endpoints of a VPC reach the services of its own region, at their own addresses. */
function isOutside({ adapter, options }: Entry, region: string): boolean {
  if (adapter !== "bedrock" && adapter !== "kendra") return true;
  const asked = awsOptions.parse(options);
  return asked.region !== region || asked.endpoint !== undefined;
}

function isProfile({ id, region }: BedrockUse): boolean {
  return bedrockModel(id, region)?.kind !== "model";
}

/** Each value once, in an order that does not change where the config's does. */
function distinct<Value>(values: readonly Value[]): readonly Value[] {
  const byText = new Map(values.map((value) => [JSON.stringify(value), value]));
  return [...byText].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, value]) => value);
}
