import { join, relative } from "node:path";
import process from "node:process";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import project from "../../package.json" with { type: "json" };
import { readSettings, warningsOf } from "./config.ts";
import { findSecrets, plainVariables, SNAPSHOT_PREFIX, secretNames } from "./container-environment.ts";
import { readDeployedConfig } from "./deployed-config.ts";
import { findImage, parseEcrImage, repositoryArnOf } from "./given-image.ts";
import { Image } from "./image.ts";
import { IndexBucket } from "./index-bucket.ts";
import { Logs } from "./logs.ts";
import { Network } from "./network.ts";
import { Observability } from "./observability.ts";
import { Permissions } from "./permissions.ts";
import { findOwnership, Registry } from "./registry.ts";
import { Service } from "./service.ts";
import { checkDeployment } from "./smoke.ts";

const stack = { project: pulumi.getProject(), name: pulumi.getStack(), root: pulumi.getRootDirectory() };
const owner = `${stack.project}/${stack.name}`;
const settings = readSettings(pulumi.runtime.allConfig());
for (const warning of warningsOf(settings)) await pulumi.log.warn(warning);
const { name, region, imageUri } = settings;

const provider = new aws.Provider("aws", {
  region,
  defaultTags: { tags: { "pulumi:project": stack.project, "pulumi:stack": stack.name } },
});
const options = { providers: [provider] };

const variables = plainVariables(settings);
const { needs, server } = await readDeployedConfig({
  configFile: join(stack.root, "pharos.yaml"),
  region,
  environment: variables,
  secretVariables: Object.keys(secretNames(settings)),
});
const secrets = findSecrets(settings, { provider });

const ownership = await findOwnership(name, owner, { provider });
const registry = new Registry(name, { repositoryName: name, owner, ownership }, options);
const image =
  imageUri === undefined
    ? new Image(
        name,
        {
          repositoryUrl: registry.repositoryUrl,
          architecture: settings.architecture,
          context: relative(process.cwd(), stack.root),
          version: project.version,
        },
        options,
      )
    : findImage(imageUri, { provider });
const given = imageUri === undefined ? undefined : parseEcrImage(imageUri);

const bucket = new IndexBucket(name, { name }, options);
const logs = new Logs(name, { name, retentionInDays: settings.logRetentionDays }, options);
const permissions = new Permissions(
  name,
  {
    name,
    region,
    accountId: aws.getCallerIdentityOutput({}, { provider }).accountId,
    repositoryArn: given === undefined ? registry.repositoryArn : repositoryArnOf(given),
    logGroupArn: logs.logGroupArn,
    secretArns: secrets.map(({ valueFrom }) => valueFrom),
    needs,
    snapshots: { bucketArn: bucket.bucketArn, prefix: SNAPSHOT_PREFIX },
  },
  options,
);
const network = new Network(
  name,
  {
    name,
    network: settings.network,
    // An image that is not in this region's ECR is outside too.
    vendorsOutside: needs.vendorsOutside || (imageUri !== undefined && given?.region !== region),
    services: [...needs.endpointServices, ...(secrets.length > 0 ? ["secretsmanager"] : [])],
  },
  options,
);
const service = new Service(
  name,
  {
    settings,
    server,
    network,
    image: image.ref,
    executionRoleArn: permissions.executionRoleArn,
    taskRoleArn: permissions.taskRoleArn,
    logGroupName: logs.logGroupName,
    secrets,
    environment: {
      ...variables,
      PHAROS_SNAPSHOT: pulumi.interpolate`s3://${bucket.bucketName}/${SNAPSHOT_PREFIX}`,
    },
  },
  // A role is there before its policies are.
  { ...options, dependsOn: [permissions] },
);
const observability = new Observability(
  name,
  {
    ...{ name, region, minTasks: settings.minTasks, vendors: needs.vendors },
    loadBalancerArnSuffix: service.loadBalancerArnSuffix,
    targetGroupArnSuffix: service.targetGroupArnSuffix,
    clusterName: service.clusterName,
    serviceName: service.serviceName,
    ...(settings.alarmTopicArn === undefined ? {} : { alarmTopicArn: settings.alarmTopicArn }),
  },
  options,
);
checkDeployment(
  {
    url: service.url,
    reachable: settings.smoke.test === "service",
    clusterArn: service.clusterArn,
    serviceName: service.serviceName,
    taskDefinitionArn: service.taskDefinitionArn,
    keysRequired: settings.keysSecret !== undefined,
    key: settings.smoke.key === undefined ? undefined : pulumi.secret(settings.smoke.key),
    prompt: settings.smoke.prompt,
    certificateArn: settings.certificateArn,
  },
  { provider },
);

export const url = service.url;
export const repository = registry.repositoryUrl;
export const imageDigest = image.digest;
export const logGroup = logs.logGroupName;
export const dashboard = observability.dashboardUrl;
/** Where `pharos snapshot publish` puts what the service is to answer from. */
export const snapshots = pulumi.interpolate`s3://${bucket.bucketName}/${SNAPSHOT_PREFIX}`;
