import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { changedCloud } from "../cloud/changed-cloud.ts";
import { Cloud } from "../cloud/cloud.ts";
import { ProjectFolder } from "../project-folder.ts";
import type { Change, Given, Operation, Outcome, Stack, Step } from "../stack.ts";

const PROVIDER = fileURLToPath(new URL("./provider.ts", import.meta.url));
const PACKAGES = ["aws", "awsx", "docker-build"];
const TIMEOUT_MS = 120_000;

/** Whether the real `pulumi` is on the PATH. */
export function hasPulumi(): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, "pulumi")));
}

/** A stack of the real engine: its state in files, its providers the tests' own. */
export class CliStack implements Stack {
  private readonly folder: ProjectFolder;

  private constructor(folder: ProjectFolder) {
    this.folder = folder;
  }

  /** @param parent a folder for the stack's own one */
  static async create(parent: string): Promise<CliStack> {
    const folder = await ProjectFolder.create(parent);
    for (const name of ["state", "home", "plugins"]) await mkdir(join(folder.path, name));
    const stack = new CliStack(folder);
    await stack.writePlugins();
    await stack.pulumi("stack", "init");
    return stack;
  }

  up(given: Given): Promise<Outcome> {
    return this.run(given, "up", "--yes", "--skip-preview");
  }

  preview(given: Given): Promise<Outcome> {
    return this.run(given, "preview");
  }

  destroy(): Promise<Outcome> {
    return this.run({ config: {} }, "destroy", "--yes", "--skip-preview", "--exclude-protected");
  }

  cloud(): Cloud {
    const clouds = PACKAGES.map((name) => this.cloudOf(name).contents());
    return new Cloud({
      resources: clouds.flatMap(({ resources }) => resources),
      created: Math.max(...clouds.map(({ created }) => created)),
      deletions: clouds.flatMap(({ deletions }) => deletions),
      refused: clouds.flatMap(({ refused }) => refused),
    });
  }

  async copy(change: Change): Promise<CliStack> {
    const copy = new CliStack(await this.folder.copy());
    await copy.writePlugins();
    for (const name of PACKAGES) {
      const contents = changedCloud(this.cloudOf(name), change).contents();
      await writeFile(copy.cloudFile(name), JSON.stringify(contents));
    }
    if (change.forgets !== undefined) await copy.forget(change.forgets);
    return copy;
  }

  private cloudFile(name: string): string {
    return join(this.folder.path, `cloud-${name}.json`);
  }

  /** What the provider of this package holds: each has a process of its own, and so a file. */
  private cloudOf(name: string): Cloud {
    const file = this.cloudFile(name);
    return new Cloud(existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined);
  }

  /** A provider is a program by its package's name. */
  private async writePlugins(): Promise<void> {
    for (const name of PACKAGES) {
      const command = [process.execPath, PROVIDER, this.cloudFile(name)].map((word) => `'${word}'`).join(" ");
      const file = join(this.folder.path, "plugins", `pulumi-resource-${name}`);
      await writeFile(file, `#!/bin/sh\nexec ${command}\n`);
      await chmod(file, 0o755);
    }
  }

  private async forget(type: string): Promise<void> {
    const { printed } = await this.pulumi("stack", "export");
    const state = JSON.parse(printed) as Exported;
    const { resources } = state.deployment;
    const isForgotten = (resource: StateResource) => type === "everything" || resource.type === type;
    const urns = new Set(resources.filter(isForgotten).map(({ urn }) => urn));
    const isKept = (urn: string) => !urns.has(urn);
    state.deployment.resources = resources
      .filter(({ urn }) => isKept(urn))
      .map(({ dependencies = [], propertyDependencies = {}, ...resource }) => ({
        ...resource,
        dependencies: dependencies.filter(isKept),
        propertyDependencies: Object.fromEntries(
          Object.entries(propertyDependencies).map(([key, list]) => [key, list?.filter(isKept) ?? []]),
        ),
      }));
    const file = join(this.folder.path, "state.json");
    await writeFile(file, JSON.stringify(state));
    await this.pulumi("stack", "import", "--file", file);
  }

  private async run(given: Given, ...words: readonly string[]): Promise<Outcome> {
    await this.folder.write(given);
    // JSON is YAML, and YAML is what Pulumi reads a stack's configuration from.
    await writeFile(join(this.folder.path, "Pulumi.dev.yaml"), JSON.stringify({ config: given.config }));
    const log = join(this.folder.path, "events.jsonl");
    await rm(log, { force: true });
    const { exitCode, printed, errors } = await this.pulumi(...words, "--event-log", log);
    const steps = stepsOf(existsSync(log) ? await readFile(log, "utf8") : "");
    const shown = await this.pulumi("stack", "output", "--json");
    return {
      hasSucceeded: exitCode === 0,
      steps,
      exports: JSON.parse(shown.printed || "{}"),
      logs: `${printed}${errors}`,
    };
  }

  private async pulumi(...words: readonly string[]) {
    const folder = this.folder.path;
    const command = spawn("pulumi", [...words, "--stack", "dev", "--non-interactive"], {
      cwd: folder,
      env: {
        ...process.env,
        // Pulumi's language host starts the `node` of the PATH: it has to be this one, which runs TypeScript.
        PATH: [join(folder, "plugins"), dirname(process.execPath), process.env.PATH].join(delimiter),
        PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
        PULUMI_CONFIG_PASSPHRASE: "",
        PULUMI_DEBUG_COMMANDS: "true",
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        PULUMI_HOME: join(folder, "home"),
        PULUMI_SKIP_UPDATE_CHECK: "true",
      },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: TIMEOUT_MS,
    });
    const printed: string[] = [];
    const errors: string[] = [];
    command.stdout.setEncoding("utf8").on("data", (text: string) => printed.push(text));
    command.stderr.setEncoding("utf8").on("data", (text: string) => errors.push(text));
    const [exitCode] = await once(command, "close");
    return { exitCode: exitCode as number | null, printed: printed.join(""), errors: errors.join("") };
  }
}

/** A stack's state, as far as resources are forgotten: github.com/pulumi/pulumi/blob/v3.260.0/sdk/go/common/apitype/core.go */
interface Exported {
  readonly deployment: { resources: readonly StateResource[] };
}

interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly dependencies?: readonly string[];
  readonly propertyDependencies?: Readonly<Record<string, readonly string[] | null>>;
}

/** An event of the engine's log, as far as the steps are concerned: github.com/pulumi/pulumi/blob/v3.260.0/sdk/go/common/apitype/events.go */
interface EngineEvent {
  readonly resourcePreEvent?: {
    readonly metadata: {
      readonly op: string;
      readonly urn: string;
      readonly type: string;
      readonly old?: { readonly retainOnDelete?: boolean; readonly custom?: boolean };
    };
  };
}

function stepsOf(log: string): readonly Step[] {
  return (
    log
      .split("\n")
      .filter((line) => line !== "")
      .flatMap((line) => (JSON.parse(line) as EngineEvent).resourcePreEvent ?? [])
      // A step for the display alone, between those that create and delete.
      .filter(({ metadata }) => metadata.op !== "replace")
      .map(({ metadata: { op, urn, type, old } }) => ({
        operation: op as Operation,
        type,
        name: urn.split("::").at(-1) ?? urn,
        isLeftAlone: op.startsWith("discard") || (op.startsWith("delete") && (old?.retainOnDelete ?? false)),
      }))
  );
}
