import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { changedCloud } from "../cloud/changed-cloud.ts";
import { Cloud } from "../cloud/cloud.ts";
import { ProjectFolder } from "../project-folder.ts";
import type { Change, Given, Outcome, Stack } from "../stack.ts";
import { Deployment, type ResourceState, type Run, withoutProtected } from "./deployment.ts";
import { Monitor } from "./monitor.ts";

const PROGRAM_FOLDER = fileURLToPath(new URL("../../../../infrastructure/aws", import.meta.url));
const LANGUAGE_HOST = fileURLToPath(import.meta.resolve("@pulumi/pulumi/cmd/run/index.js"));
/** Half of a run's time goes into compiling the libraries. */
const COMPILE_CACHE = fileURLToPath(new URL("../../../../node_modules/.cache/compile", import.meta.url));
const TIMEOUT_MS = 120_000;

/** A stack of the tests' own engine. Its program is the real one, in a process of its own, as Pulumi's language host starts it. */
export class EngineStack implements Stack {
  private readonly folder: ProjectFolder;
  private readonly contents: Cloud;
  private state: readonly ResourceState[];

  private constructor(folder: ProjectFolder, contents: Cloud, state: readonly ResourceState[]) {
    this.folder = folder;
    this.contents = contents;
    this.state = state;
  }

  /** @param parent a folder for the stack's own one */
  static async create(parent: string): Promise<EngineStack> {
    return new EngineStack(await ProjectFolder.create(parent), new Cloud(), []);
  }

  up(given: Given): Promise<Outcome> {
    return this.run(given, false);
  }

  preview(given: Given): Promise<Outcome> {
    return this.run(given, true);
  }

  destroy(): Promise<Outcome> {
    const { kept, others } = withoutProtected(this.state);
    const deployment = new Deployment(others, this.contents, runOf(false));
    deployment.finish();
    this.state = kept;
    return Promise.resolve({ hasSucceeded: true, steps: deployment.steps, exports: {}, logs: "" });
  }

  cloud(): Cloud {
    return this.contents;
  }

  /** What the state has now. */
  resources(): readonly ResourceState[] {
    return this.state;
  }

  async copy(change: Change): Promise<EngineStack> {
    const state = this.state.filter(({ type }) => change.forgets !== "everything" && type !== change.forgets);
    const folder = await ProjectFolder.create(this.folder.parent);
    return new EngineStack(folder, changedCloud(this.contents, change), state);
  }

  private async run(given: Given, isPreview: boolean): Promise<Outcome> {
    await this.folder.write(given);
    const run = runOf(isPreview);
    const deployment = new Deployment(this.state, this.contents, run);
    const monitor = new Monitor(deployment, this.contents);
    try {
      const { exitCode, printed } = await execute(await monitor.listen(), run, given, this.folder.path);
      const hasSucceeded = exitCode === 0;
      const state = hasSucceeded ? deployment.finish() : deployment.abandon();
      if (!isPreview) this.state = state;
      const logs = [...monitor.told.logs, printed].join("\n");
      return { hasSucceeded, steps: deployment.steps, exports: monitor.told.exports, logs };
    } finally {
      monitor.close();
    }
  }
}

function runOf(isPreview: boolean): Run {
  return { project: "pharos", stack: "dev", isPreview };
}

/** Starts the program as pulumi-language-nodejs does: github.com/pulumi/pulumi/blob/v3.260.0/sdk/nodejs/cmd/pulumi-language-nodejs/main.go */
async function execute(address: string, { project, stack, isPreview }: Run, { config }: Given, root: string) {
  const settings = { monitor: address, engine: address, project, stack, "root-directory": root, pwd: PROGRAM_FOLDER };
  const program = spawn(
    process.execPath,
    [
      // Without them half of a run goes into garbage, and into stack traces that nobody reads.
      ...["--max-semi-space-size=64", "--stack-trace-limit=0"],
      LANGUAGE_HOST,
      ...Object.entries(settings).flatMap(([key, value]) => [`--${key}`, value]),
      ...["--organization", "organization", "--parallel", "16"],
      ...(isPreview ? ["--dry-run"] : []),
      "index.ts",
    ],
    {
      cwd: PROGRAM_FOLDER,
      env: {
        ...process.env,
        NODE_COMPILE_CACHE: COMPILE_CACHE,
        PULUMI_CONFIG: JSON.stringify(config),
        PULUMI_CONFIG_SECRET_KEYS: "[]",
      },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: TIMEOUT_MS,
    },
  );
  const printed: string[] = [];
  for (const stream of [program.stdout, program.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => printed.push(text));
  const [exitCode] = await once(program, "close");
  return { exitCode: exitCode as number | null, printed: printed.join("") };
}
