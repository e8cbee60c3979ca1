import { cp, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Given } from "./stack.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** A project's folder: Pulumi.yaml, whose program is the repository's, and pharos.yaml. */
export class ProjectFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Where it lies. */
  get parent(): string {
    return dirname(this.path);
  }

  static async create(parent: string): Promise<ProjectFolder> {
    const folder = new ProjectFolder(await mkdtemp(join(parent, "stack-")));
    const project = await readFile(join(ROOT, "Pulumi.yaml"), "utf8");
    // The program stays where its libraries are.
    await writeFile(join(folder.path, "Pulumi.yaml"), project.replace(/^main: /mu, `main: ${ROOT}`));
    return folder;
  }

  /** With all that is in it. */
  async copy(): Promise<ProjectFolder> {
    const copy = new ProjectFolder(await mkdtemp(join(this.parent, "stack-")));
    await cp(this.path, copy.path, { recursive: true });
    return copy;
  }

  async write({ pharosYaml }: Given): Promise<void> {
    const text = pharosYaml ?? (await readFile(join(ROOT, "pharos.yaml"), "utf8"));
    await writeFile(join(this.path, "pharos.yaml"), text);
  }
}
