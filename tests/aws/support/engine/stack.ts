import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Deployment, type ResourceState, type Run, type Step } from "./deployment.ts";
import { Monitor } from "./monitor.ts";
import type { Provider } from "./provider.ts";
import type { Values } from "./values.ts";

const PROJECT = "pharos";
const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const LANGUAGE_HOST = fileURLToPath(import.meta.resolve("@pulumi/pulumi/cmd/run/index.js"));
const PROGRAM_FOLDER = `${ROOT}infrastructure/aws`;
const TIMEOUT_MS = 60_000;

/** What a run of the engine did. */
export interface Outcome {
  readonly hasSucceeded: boolean;
  readonly steps: readonly Step[];
  readonly exports: Values;
  /** Errors and warnings of the program. */
  readonly logs: string;
}

/** What a run is given. */
export interface Given {
  /** By full keys: `aws:region`. */
  readonly config: Readonly<Record<string, string>>;
  /** Folder of Pulumi.yaml, and so of pharos.yaml; default: the repository's root. */
  readonly root?: string;
}

/** A stack whose state lasts from one run to the next. Its program is the real one, in a process of its own, as Pulumi's language host starts it. */
export class Stack {
  state: readonly ResourceState[] = [];
  private readonly name: string;
  private readonly provider: Provider;

  constructor(name: string, provider: Provider) {
    this.name = name;
    this.provider = provider;
  }

  up(given: Given): Promise<Outcome> {
    return this.runProgram(given, false);
  }

  /** As `up`, but nothing is changed, in the cloud or in the state. */
  preview(given: Given): Promise<Outcome> {
    return this.runProgram(given, true);
  }

  /** Deletes whatever the state has; the program does not run. */
  destroy(): Outcome {
    const deployment = new Deployment(this.state, this.provider, this.runOf(false));
    this.state = deployment.finish();
    return { hasSucceeded: true, steps: deployment.steps, exports: {}, logs: "" };
  }

  private async runProgram(given: Given, isPreview: boolean): Promise<Outcome> {
    const run = this.runOf(isPreview);
    const deployment = new Deployment(this.state, this.provider, run);
    const monitor = new Monitor(deployment, this.provider);
    try {
      const { exitCode, printed } = await execute(await monitor.listen(), run, given);
      const hasSucceeded = exitCode === 0;
      const state = hasSucceeded ? deployment.finish() : deployment.abandon();
      if (!isPreview) this.state = state;
      const logs = [...monitor.told.logs, printed].join("\n");
      return { hasSucceeded, steps: deployment.steps, exports: monitor.told.exports, logs };
    } finally {
      monitor.close();
    }
  }

  private runOf(isPreview: boolean): Run {
    return { project: PROJECT, stack: this.name, isPreview };
  }
}

/** Starts the program as pulumi-language-nodejs does: github.com/pulumi/pulumi/blob/v3.260.0/sdk/nodejs/cmd/pulumi-language-nodejs/main.go */
async function execute(address: string, { project, stack, isPreview }: Run, { config, root = ROOT }: Given) {
  const settings = { monitor: address, engine: address, project, stack, "root-directory": root, pwd: PROGRAM_FOLDER };
  const program = spawn(
    process.execPath,
    [
      LANGUAGE_HOST,
      ...Object.entries(settings).flatMap(([key, value]) => [`--${key}`, value]),
      ...["--organization", "organization", "--parallel", "16"],
      ...(isPreview ? ["--dry-run"] : []),
      "index.ts",
    ],
    {
      cwd: PROGRAM_FOLDER,
      env: { ...process.env, PULUMI_CONFIG: JSON.stringify(config), PULUMI_CONFIG_SECRET_KEYS: "[]" },
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
