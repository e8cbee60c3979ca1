import type { Change } from "../stack.ts";
import { Cloud } from "./cloud.ts";

const REPOSITORY = "aws:ecr/repository:Repository";

/** Another cloud, as the change leaves this one. */
export function changedCloud(cloud: Cloud, { keepsOnly, refuses, repositoryTags }: Change): Cloud {
  const { resources, ...contents } = cloud.contents();
  const kept = resources.filter(({ type }) => keepsOnly === undefined || type === keepsOnly);
  const changed = new Cloud({ ...contents, resources: kept, refused: refuses === undefined ? [] : [refuses] });
  const repository = changed.read(REPOSITORY, "pharos");
  if (repository !== undefined && repositoryTags !== undefined)
    changed.update(REPOSITORY, "pharos", { ...repository.inputs, tags: repositoryTags });
  return changed;
}
