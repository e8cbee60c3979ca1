import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { partitionOf } from "./partition.ts";

/** A repository of ECR that an image lies in. */
export interface EcrImage {
  readonly registryId: string;
  readonly region: string;
  readonly repositoryName: string;
  /** One of the two: `sha256:...`, or a tag. */
  readonly digest?: string;
  readonly tag?: string;
}

/** What an image's URI says of ECR; undefined for every other registry. */
export function parseEcrImage(imageUri: string): EcrImage | undefined {
  const match =
    /^(?<registryId>\d{12})\.dkr\.ecr\.(?<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/(?<repositoryName>[^:@]+)(?:@(?<digest>.+)|:(?<tag>.+))$/u.exec(
      imageUri,
    );
  if (match?.groups === undefined) return undefined;
  const { registryId = "", region = "", repositoryName = "", digest, tag } = match.groups;
  return {
    ...{ registryId, region, repositoryName },
    ...(digest === undefined ? {} : { digest }),
    ...(tag === undefined ? {} : { tag }),
  };
}

/** ARN of the repository that an image lies in. */
export function repositoryArnOf({ registryId, region, repositoryName }: EcrImage): string {
  return `arn:${partitionOf(region)}:ecr:${region}:${registryId}:repository/${repositoryName}`;
}

/** An image that somebody else built and pushed, as it is deployed. */
export interface GivenImage {
  /** By its digest wherever ECR knows it, so that the same tag pushed anew is a new deployment. */
  readonly ref: pulumi.Output<string>;
  /** `sha256:...`; "" for a tag of another registry. */
  readonly digest: pulumi.Output<string>;
}

/** Finds the digest of the image that the configuration names. The tag of another registry stays a tag. */
export function findImage(imageUri: string, options: pulumi.InvokeOutputOptions): GivenImage {
  const [repository = imageUri, given] = imageUri.split("@");
  if (given !== undefined) return { ref: pulumi.output(imageUri), digest: pulumi.output(given) };
  const image = parseEcrImage(imageUri);
  if (image?.tag === undefined) return { ref: pulumi.output(imageUri), digest: pulumi.output("") };
  const { registryId, region, repositoryName, tag } = image;
  const digest = aws.ecr.getImageOutput({ registryId, region, repositoryName, imageTag: tag }, options).imageDigest;
  const untagged = repository.slice(0, -tag.length - 1);
  return { ref: pulumi.interpolate`${untagged}@${digest}`, digest };
}
