import { resolve } from "node:path";
import process from "node:process";

/** What the environment says of the service itself; adapters' settings come through the config's variables. */
export interface Environment {
  /** Absolute path of the config file: PHAROS_CONFIG, else `pharos.yaml` beside the code. */
  readonly configFile: string;
  /** Absolute path of the folder that holds everything that is written: PHAROS_DATA, else `.pharos` in the working folder. */
  readonly dataDirectory: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

export function readEnvironment(): Environment {
  const { PHAROS_CONFIG, PHAROS_DATA } = process.env;
  return {
    configFile: PHAROS_CONFIG ? resolve(PHAROS_CONFIG) : resolve(import.meta.dirname, "../../pharos.yaml"),
    dataDirectory: resolve(PHAROS_DATA || ".pharos"),
    variables: process.env,
  };
}
