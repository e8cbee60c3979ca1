import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** Tag that says whose a repository is, as `project/stack`. */
const OWNER_TAG = "pulumi:owner";

/** Whose the repository is: nobody's yet, this stack's, or somebody else's. */
export type Ownership = "absent" | "ours" | "foreign";

/**
 * Looks a repository of ECR up, in a preview too. That there is none is no error; every error of AWS is one.
 * @param owner `project/stack`
 */
export async function findOwnership(
  repositoryName: string,
  owner: string,
  options: pulumi.InvokeOptions,
): Promise<Ownership> {
  const { names } = await aws.ecr.getRepositories({}, options);
  if (!names.includes(repositoryName)) return "absent";
  const { tags } = await aws.ecr.getRepository({ name: repositoryName }, options);
  return tags[OWNER_TAG] === owner ? "ours" : "foreign";
}

export interface RegistryInputs {
  readonly repositoryName: string;
  /** `project/stack` */
  readonly owner: string;
  readonly ownership: Ownership;
}

/**
 * The repository of the images, made where there is none. Whose it is decides, and not whether it is there: a program that declared it only
 * while it was absent would have the engine delete it at the second `up`. One logical name, three ways:
 *
 * | ownership | declared | up | destroy |
 * |---|---|---|---|
 * | absent | a new one | created | retained |
 * | ours, in the state | a new one, `import` | no change, or an update | retained |
 * | ours, lost from the state | a new one, `import` | imported | retained |
 * | foreign | read | read | left alone |
 * | ours once, without our tag now | read | given up, never deleted | left alone |
 *
 * Why that holds: docs/decisions/2026-11-26-deployment.md.
 */
export class Registry extends pulumi.ComponentResource {
  readonly repositoryUrl: pulumi.Output<string>;
  readonly repositoryArn: pulumi.Output<string>;
  readonly repositoryName: pulumi.Output<string>;

  constructor(
    name: string,
    { repositoryName, owner, ownership }: RegistryInputs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("pharos:aws:Registry", name, {}, options);
    const repository =
      ownership === "foreign"
        ? aws.ecr.Repository.get(name, repositoryName, {}, { parent: this })
        : this.own(name, repositoryName, owner, ownership);
    this.repositoryUrl = repository.repositoryUrl;
    this.repositoryArn = repository.arn;
    this.repositoryName = repository.name;
    this.registerOutputs();
  }

  private own(name: string, repositoryName: string, owner: string, ownership: Ownership): aws.ecr.Repository {
    const repository = new aws.ecr.Repository(
      name,
      {
        name: repositoryName,
        imageTagMutability: "IMMUTABLE",
        imageScanningConfiguration: { scanOnPush: true },
        forceDelete: false,
        tags: { [OWNER_TAG]: owner },
      },
      {
        parent: this,
        retainOnDelete: true,
        // Encryption is chosen once: another one would replace the repository.
        ignoreChanges: ["encryptionConfigurations"],
        ...(ownership === "ours" ? { import: repositoryName } : {}),
      },
    );
    new aws.ecr.LifecyclePolicy(
      name,
      { repository: repository.name, policy: LIFECYCLE_POLICY },
      // It goes with the repository: one that was given up keeps it.
      { parent: this, retainOnDelete: true },
    );
    return repository;
  }
}

/** Tasks name their image by its digest, so the newest are kept, tagged or not: a build has an index and its parts. */
const LIFECYCLE_POLICY = JSON.stringify({
  rules: [
    {
      rulePriority: 1,
      description: "Keep the newest 100 images",
      selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber: 100 },
      action: { type: "expire" },
    },
  ],
});
