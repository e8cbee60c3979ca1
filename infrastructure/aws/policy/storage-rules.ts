import { z } from "zod";
import type { DeclaredResource, ResourceRule, StackRule } from "./rule.ts";

const BUCKETS = ["aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"];
const LOCKS = ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"] as const;
const PUBLIC_ACL = /^(public-read|public-read-write|authenticated-read)$/u;

const aclProblems = ({ properties }: DeclaredResource) =>
  typeof properties.acl === "string" && PUBLIC_ACL.test(properties.acl) ? [`has the ACL ${properties.acl}`] : [];

const repository = z.object({
  tags: z.record(z.string(), z.string()).default({}),
  imageScanningConfiguration: z.object({ scanOnPush: z.boolean() }).optional(),
  imageTagMutability: z.string().optional(),
  forceDelete: z.boolean().optional(),
});

const service = z.object({
  volumeConfiguration: z.object({ managedEbsVolume: z.object({ encrypted: z.boolean().optional() }) }).optional(),
});

export const STORAGE_RULES: readonly ResourceRule[] = [
  {
    name: "no-public-acl",
    description: "No access list opens a bucket or an object.",
    types: [...BUCKETS, "aws:s3/bucketAcl:BucketAcl", "aws:s3/bucketObject:BucketObject"],
    problems: aclProblems,
  },
  {
    name: "public-access-is-blocked",
    description: "A block of public access has all of its four locks.",
    types: ["aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"],
    problems: ({ properties }) => LOCKS.filter((lock) => properties[lock] !== true).map((lock) => `leaves ${lock} off`),
  },
  {
    name: "log-ends",
    description: "A log group says for how many days it keeps its log.",
    types: ["aws:cloudwatch/logGroup:LogGroup"],
    problems: ({ properties }) =>
      Number(properties.retentionInDays ?? 0) > 0 ? [] : ["keeps its log for ever, as no retentionInDays says"],
  },
  {
    name: "encrypted-disk",
    description: "A disk of EBS is encrypted; the tasks' own storage always is.",
    types: ["aws:ebs/volume:Volume"],
    problems: ({ properties }) => (properties.encrypted === true ? [] : ["is a disk without encryption"]),
  },
  {
    name: "encrypted-task-disk",
    description: "A disk of EBS that a service attaches to its tasks is encrypted.",
    types: ["aws:ecs/service:Service"],
    problems({ properties }) {
      const { volumeConfiguration } = service.parse(properties);
      return volumeConfiguration !== undefined && volumeConfiguration.managedEbsVolume.encrypted !== true
        ? ["attaches disks without encryption"]
        : [];
    },
  },
  {
    name: "kept-repository",
    description:
      "The repository whose images run, which bears its owner's tag, is scanned and unchangeable by tag, and no teardown deletes it. " +
      "ECR encrypts all of them.",
    types: ["aws:ecr/repository:Repository"],
    problems({ properties, retainOnDelete }) {
      const { tags, imageScanningConfiguration, imageTagMutability, forceDelete } = repository.parse(properties);
      // Another one is a cache of layers.
      if (tags["pulumi:owner"] === undefined) return [];
      const problems: string[] = [];
      if (imageScanningConfiguration?.scanOnPush !== true) problems.push("does not scan what is pushed");
      if (imageTagMutability !== "IMMUTABLE") problems.push("lets its tags be moved");
      if (forceDelete === true) problems.push("can be deleted with images in it");
      if (retainOnDelete === false) problems.push("is deleted when it is not declared any more");
      return problems;
    },
  },
];

/** What a bucket has beside itself, by the type of the resource. */
const COMPANIONS: Readonly<Record<string, string>> = {
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": "has no block of public access",
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration":
    "does not say how it is encrypted",
  "aws:s3/bucketVersioning:BucketVersioning": "keeps no former versions",
};

export const STORAGE_STACK_RULES: readonly StackRule[] = [
  {
    name: "private-encrypted-bucket",
    description: "Each bucket blocks public access, says how it is encrypted and keeps former versions.",
    problems: (resources) =>
      resources
        .filter(({ type }) => BUCKETS.includes(type))
        .flatMap(({ urn }) =>
          Object.entries(COMPANIONS)
            .filter(
              ([type]) => !resources.some((other) => sameKind(other.type, type) && other.dependencies.includes(urn)),
            )
            .map(([, message]) => ({ urn, message })),
        ),
  },
];

/** Pulumi gave some of these types a V2 for a while. */
function sameKind(type: string, wanted: string): boolean {
  return type.replaceAll("V2", "") === wanted;
}
