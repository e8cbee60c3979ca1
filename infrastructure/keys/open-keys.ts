import { join, resolve } from "node:path";
import type { Log } from "../../domain/log.ts";
import type { Config } from "../config/load.ts";
import { ConfigError } from "../config/problems.ts";
import { Allowances } from "./allowances.ts";
import { Keyring } from "./keyring.ts";
import { KeysFile } from "./keys-file.ts";
import type { KeysSettings } from "./settings.ts";
import { Tally } from "./tally.ts";

/** File of the data folder that keeps what each key has used. */
const TALLY = "usage.sqlite";
const LOOK_EVERY_MS = 2_000;

/** The keys that the service knows. */
export interface Keys {
  readonly keyring: Keyring;
  readonly allowances: Allowances;
  readonly tally: Tally;
  /** Keeps what was used, and looks at the file of keys no more. */
  close(): Promise<void>;
}

/**
 * The keys of the config and of its `keys_file`, which is read again within two seconds after it changes: keys that are
 * not there any more are refused from then on. A changed file with problems is logged, and the keys stay as they were.
 * Undefined where the config names no keys.
 * @throws ConfigError with every problem of the file; StartError where what was spent cannot be read
 */
export async function openKeys(
  {
    keys: own,
    keys_file: path,
    directory,
    dataDirectory,
  }: Pick<Config, "keys" | "keys_file" | "directory" | "dataDirectory">,
  log: Log,
  lookEveryMs = LOOK_EVERY_MS,
): Promise<Keys | undefined> {
  if (path === undefined && Object.keys(own).length === 0) return undefined;
  const file = path === undefined ? undefined : new KeysFile(resolve(directory, path));
  const keys = await allKeys(own, file);
  const tally = await Tally.open(join(dataDirectory, TALLY), log);
  const keyring = new Keyring(keys);
  const allowances = new Allowances(keys, tally);
  const stop =
    file === undefined
      ? () => {}
      : watch(file, lookEveryMs, log, async () => {
          const changed = await allKeys(own, file);
          keyring.replace(changed);
          allowances.replace(changed);
          log.info({ file: file.path, keys: Object.keys(changed).length }, "keys read again");
        });
  return {
    keyring,
    allowances,
    tally,
    async close() {
      stop();
      await tally.close();
    },
  };
}

async function allKeys(own: KeysSettings, file: KeysFile | undefined): Promise<KeysSettings> {
  if (file === undefined) return own;
  const others = await file.read();
  const hashes = new Set(Object.values(own).flatMap((key) => key.hashes.map(({ sha256 }) => sha256)));
  const problems = Object.entries(others).flatMap(([name, key]) => [
    ...(Object.hasOwn(own, name) ? [{ field: `keys.${name}`, message: "is also a key of the config" }] : []),
    ...(key.hashes.some(({ sha256 }) => hashes.has(sha256))
      ? [{ field: `keys.${name}.hashes`, message: "has a hash that the config has too" }]
      : []),
  ]);
  if (problems.length > 0) throw new ConfigError(file.path, problems);
  return { ...own, ...others };
}

/** Looks at the file again and again, and reads it when it has changed. Returns what ends that. */
function watch(file: KeysFile, everyMs: number, log: Log, readAgain: () => Promise<void>): () => void {
  let timer: NodeJS.Timeout;
  let stopped = false;
  let told = "";
  const look = async () => {
    try {
      if (await file.hasChanged()) await readAgain();
      told = "";
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== told)
        log.error({ file: file.path, reason }, "the file of keys cannot be used; the keys stay as they were");
      told = reason;
    }
    wait();
  };
  const wait = () => {
    if (!stopped) timer = setTimeout(() => void look(), everyMs).unref();
  };
  wait();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
