import * as aws from "@pulumi/aws";
import * as dockerBuild from "@pulumi/docker-build";
import * as pulumi from "@pulumi/pulumi";
import type { Architecture } from "./settings.ts";

export interface ImageInputs {
  readonly repositoryUrl: pulumi.Input<string>;
  readonly architecture: Architecture;
  /** Folder with the Dockerfile, from the folder that Pulumi runs in: an absolute path would differ between two clones. */
  readonly context: string;
  /** Version of the service, for the image's labels. */
  readonly version: string;
}

/**
 * Builds the image and pushes it by its digest, without a tag: ECR's tags are immutable, and a build would need a new one each time. It is
 * not built in a preview, and an image that was pushed is never taken away: tasks may run it (github.com/sst/sst/issues/6377).
 */
export class Image extends pulumi.ComponentResource {
  /** `repository@sha256:...` */
  readonly ref: pulumi.Output<string>;
  readonly digest: pulumi.Output<string>;

  constructor(
    name: string,
    { repositoryUrl, architecture, context, version }: ImageInputs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("pharos:aws:Image", name, {}, options);
    // Layers of the builds before, in a repository of their own: its one tag is written again and again.
    const cache = new aws.ecr.Repository(
      `${name}-cache`,
      { forceDelete: true, imageScanningConfiguration: { scanOnPush: false } },
      { parent: this },
    );
    const layers = pulumi.interpolate`${cache.repositoryUrl}:${architecture}`;
    const { userName, password, proxyEndpoint } = aws.ecr.getAuthorizationTokenOutput({}, { parent: this });
    const image = new dockerBuild.Image(
      name,
      {
        context: { location: context },
        platforms: [`linux/${architecture}`],
        buildArgs: { VERSION: version },
        buildOnPreview: false,
        push: false,
        exports: [{ image: { names: [repositoryUrl], push: true, pushByDigest: true, ociMediaTypes: true } }],
        cacheFrom: [{ registry: { ref: layers } }],
        cacheTo: [{ registry: { ref: layers, mode: "max", imageManifest: true, ociMediaTypes: true } }],
        registries: [{ address: proxyEndpoint, username: userName, password }],
      },
      { parent: this, retainOnDelete: true },
    );
    this.digest = image.digest;
    this.ref = pulumi.interpolate`${repositoryUrl}@${image.digest}`;
    this.registerOutputs();
  }
}
