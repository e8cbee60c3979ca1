import { resolve } from "node:path";
import process from "node:process";
import type { Problem } from "../../domain/errors.ts";

/** What the environment says of the service itself; adapters' settings come through the config's variables. */
export interface Environment {
  /** Absolute path of the config file: PHAROS_CONFIG, else `pharos.yaml` beside the code. */
  readonly configFile: string;
  /** Absolute path of the folder that holds everything that is written: PHAROS_DATA, else `.pharos` in the working folder. */
  readonly dataDirectory: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** Region of AWS for what the config does not say one of: AWS_REGION, else us-east-1. */
export function regionOf({ variables }: Pick<Environment, "variables">): string {
  return variables.AWS_REGION || "us-east-1";
}

export function readEnvironment(): Environment {
  const { PHAROS_CONFIG, PHAROS_DATA } = process.env;
  return {
    configFile: PHAROS_CONFIG ? resolve(PHAROS_CONFIG) : resolve(import.meta.dirname, "../../pharos.yaml"),
    dataDirectory: resolve(PHAROS_DATA || ".pharos"),
    variables: process.env,
  };
}

/** The config's tree with PHAROS_SERVICE as the `service` of its `metrics.cloudwatch`, where that does not say. */
export function withService(tree: unknown, { PHAROS_SERVICE: service }: Environment["variables"]): unknown {
  if (!service || !isMapping(tree)) return tree;
  const { metrics = {} } = tree;
  if (!isMapping(metrics)) return tree;
  const { cloudwatch = {} } = metrics;
  if (!isMapping(cloudwatch)) return tree;
  return { ...tree, metrics: { ...metrics, cloudwatch: { service, ...cloudwatch } } };
}

const LAST_PORT = 65_535;

/**
 * The config's tree with HOST and PORT where its `server` does not say; an empty variable counts as not set. A PORT that
 * is needed and is no port is a problem.
 */
export function withListenAddress(
  tree: unknown,
  { HOST, PORT }: Environment["variables"],
): { readonly tree: unknown; readonly problems: readonly Problem[] } {
  if (!isMapping(tree)) return { tree, problems: [] };
  const { server = {} } = tree;
  if (!isMapping(server)) return { tree, problems: [] };
  const given: Record<string, unknown> = {};
  const problems: Problem[] = [];
  if (HOST) given.host = HOST;
  if (PORT && !Object.hasOwn(server, "port")) {
    if (/^\d{1,5}$/u.test(PORT) && Number(PORT) <= LAST_PORT) given.port = Number(PORT);
    else problems.push({ field: "PORT", message: `must be a whole number from 0 to ${LAST_PORT}` });
  }
  return { tree: { ...tree, server: { ...given, ...server } }, problems };
}

function isMapping(node: unknown): node is Readonly<Record<string, unknown>> {
  return typeof node === "object" && node !== null && !Array.isArray(node);
}
