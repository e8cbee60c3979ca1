import { readFile } from "node:fs/promises";
import { parentPort, workerData } from "node:worker_threads";
import { parse } from "yaml";
import { z } from "zod";
import type { Problem } from "../../domain/errors.ts";
import { check } from "../config/problems.ts";
import { type KeysSettings, keysSchema } from "./settings.ts";

const fileSchema = z.strictObject({ keys: keysSchema });

/** What the file holds, or all that is wrong with it. */
export type ReadKeys =
  | { readonly keys: KeysSettings; readonly problems?: never }
  | { readonly problems: readonly Problem[]; readonly keys?: never };

async function read(path: string): Promise<ReadKeys> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    return wrong(`cannot be read (${error instanceof Error && "code" in error ? String(error.code) : "unknown"})`);
  }
  try {
    const { data, problems } = check(fileSchema, parse(text, { prettyErrors: false }) ?? {});
    return problems === undefined ? { keys: data.keys } : { problems };
  } catch {
    // The parser's own words may quote the file.
    return wrong("is no YAML");
  }
}

function wrong(message: string): ReadKeys {
  return { problems: [{ field: "", message }] };
}

parentPort?.postMessage(await read(workerData as string));
