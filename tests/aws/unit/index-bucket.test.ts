import { expect, it } from "vitest";
import { IndexBucket } from "../../../infrastructure/aws/index-bucket.ts";
import { outputValue, type Registration, runProgram, theOnly } from "../support/pulumi-mocks.ts";

const declared = () =>
  runProgram(() => new IndexBucket("index", { name: "pharos" }), {
    outputs: ({ type }) =>
      type === "aws:s3/bucket:Bucket"
        ? { bucket: "pharos-index-1a2b3c4", arn: "arn:aws:s3:::pharos-index-1a2b3c4" }
        : {},
  });

/** The one part of the bucket's of this name, such as `BucketPolicy`. */
const part = (registrations: readonly Registration[], name: string) =>
  theOnly(registrations, `aws:s3/${name.charAt(0).toLowerCase()}${name.slice(1)}:${name}`);

it("is private, encrypted, and reached over TLS only", async () => {
  const { registrations } = await declared();
  const bucket = "pharos-index-1a2b3c4";
  expect(part(registrations, "BucketPublicAccessBlock").inputs).toEqual({
    bucket,
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
  });
  expect(part(registrations, "BucketOwnershipControls").inputs).toEqual({
    bucket,
    rule: { objectOwnership: "BucketOwnerEnforced" },
  });
  expect(part(registrations, "BucketServerSideEncryptionConfiguration").inputs).toEqual({
    bucket,
    rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
  });
  const { policy, ...rest } = part(registrations, "BucketPolicy").inputs;
  expect(rest).toEqual({ bucket });
  expect(JSON.parse(String(policy))).toEqual({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "NothingWithoutTls",
        Effect: "Deny",
        Principal: "*",
        Action: ["s3:*"],
        Resource: ["arn:aws:s3:::pharos-index-1a2b3c4", "arn:aws:s3:::pharos-index-1a2b3c4/*"],
        Condition: { Bool: { "aws:SecureTransport": ["false"] } },
      },
    ],
  });
});

it("keeps former versions for thirty days, and unfinished uploads for seven", async () => {
  const { registrations } = await declared();
  const bucket = "pharos-index-1a2b3c4";
  const versioning = part(registrations, "BucketVersioning");
  const lifecycle = part(registrations, "BucketLifecycleConfiguration");
  expect(versioning.inputs).toEqual({ bucket, versioningConfiguration: { status: "Enabled" } });
  expect(lifecycle.inputs).toEqual({
    bucket,
    rules: [
      {
        id: "former-versions",
        status: "Enabled",
        filter: {},
        noncurrentVersionExpiration: { noncurrentDays: 30 },
        expiration: { expiredObjectDeleteMarker: true },
      },
      {
        id: "unfinished-uploads",
        status: "Enabled",
        filter: {},
        abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
      },
    ],
  });
  expect(lifecycle.options.dependencies).toContain(versioning.urn);
});

it("outlives the stack with all that locks it, under a name that is chosen once", async () => {
  const { registrations, result } = await declared();
  const parts = registrations.filter(({ custom }) => custom);
  expect(parts).toHaveLength(7);
  for (const { name, parent, options } of parts) {
    expect(name).toBe("pharos-index");
    expect(parent).toBe(theOnly(registrations, "pharos:aws:IndexBucket").urn);
    expect(options).toMatchObject({ protect: true, retainOnDelete: true });
  }
  expect(part(registrations, "Bucket").inputs, "no name that another account may have").toEqual({});
  expect(await outputValue(result.bucketName)).toBe("pharos-index-1a2b3c4");
  expect(await outputValue(result.bucketArn)).toBe("arn:aws:s3:::pharos-index-1a2b3c4");
});

it("changes its access one step after the other, since S3 refuses steps that come at once", async () => {
  const { registrations } = await declared();
  const block = part(registrations, "BucketPublicAccessBlock");
  const ownership = part(registrations, "BucketOwnershipControls");
  expect(ownership.options.dependencies).toContain(block.urn);
  expect(part(registrations, "BucketPolicy").options.dependencies).toContain(ownership.urn);
});
