import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { policyDocument } from "./policy-document.ts";

/** How long an object that was overwritten or deleted can be brought back. */
const FORMER_VERSION_DAYS = 30;
/** How long the parts of an upload that never ended are kept. */
const UNFINISHED_UPLOAD_DAYS = 7;

export interface IndexBucketInputs {
  /** Begins the bucket's name; the rest is chosen once, since names of buckets are shared by all accounts. */
  readonly name: string;
}

/**
 * The bucket of the published snapshots: private, encrypted, reached over TLS only, with its former versions. It outlives the
 * stack: it is protected, so that nothing replaces or destroys it, and what takes the protection away leaves it where it is.
 * `pulumi destroy --exclude-protected` takes the rest down, and the next `pulumi up` goes on with the same bucket.
 */
export class IndexBucket extends pulumi.ComponentResource {
  readonly bucketName: pulumi.Output<string>;
  readonly bucketArn: pulumi.Output<string>;

  constructor(name: string, inputs: IndexBucketInputs, options?: pulumi.ComponentResourceOptions) {
    super("pharos:aws:IndexBucket", name, {}, options);
    const bucketName = `${inputs.name}-index`;
    // What locks the bucket stays with it.
    const kept = { parent: this, protect: true, retainOnDelete: true };
    const { bucket, arn } = new aws.s3.Bucket(bucketName, {}, kept);
    // AES256 is S3's own key: no permission to decrypt is needed beside the one to read.
    new aws.s3.BucketServerSideEncryptionConfiguration(
      bucketName,
      { bucket, rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }] },
      kept,
    );
    const versioning = new aws.s3.BucketVersioning(
      bucketName,
      { bucket, versioningConfiguration: { status: "Enabled" } },
      kept,
    );
    new aws.s3.BucketLifecycleConfiguration(
      bucketName,
      { bucket, rules: LIFECYCLE_RULES },
      // There are no former versions before.
      { ...kept, dependsOn: [versioning] },
    );
    this.close(bucketName, bucket, arn, kept);
    this.bucketName = bucket;
    this.bucketArn = arn;
    this.registerOutputs();
  }

  /** Each change of a bucket's access waits for the one before: S3 refuses those that come at once. */
  private close(
    name: string,
    bucket: pulumi.Output<string>,
    arn: pulumi.Output<string>,
    kept: pulumi.CustomResourceOptions,
  ): void {
    const block = new aws.s3.BucketPublicAccessBlock(
      name,
      { bucket, blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
      kept,
    );
    const ownership = new aws.s3.BucketOwnershipControls(
      name,
      { bucket, rule: { objectOwnership: "BucketOwnerEnforced" } },
      { ...kept, dependsOn: [block] },
    );
    new aws.s3.BucketPolicy(
      name,
      { bucket, policy: pulumi.jsonStringify(arn.apply(tlsPolicy)) },
      { ...kept, dependsOn: [ownership] },
    );
  }
}

const LIFECYCLE_RULES = [
  {
    id: "former-versions",
    status: "Enabled",
    filter: {},
    noncurrentVersionExpiration: { noncurrentDays: FORMER_VERSION_DAYS },
    expiration: { expiredObjectDeleteMarker: true },
  },
  {
    id: "unfinished-uploads",
    status: "Enabled",
    filter: {},
    abortIncompleteMultipartUpload: { daysAfterInitiation: UNFINISHED_UPLOAD_DAYS },
  },
];

function tlsPolicy(bucketArn: string) {
  return policyDocument([
    {
      Sid: "NothingWithoutTls",
      Effect: "Deny",
      Principal: "*",
      Action: ["s3:*"],
      Resource: [bucketArn, `${bucketArn}/*`],
      Condition: { Bool: { "aws:SecureTransport": ["false"] } },
    },
  ]);
}
