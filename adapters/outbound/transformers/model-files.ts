import { createHash } from "node:crypto";
import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join, resolve } from "node:path";
import type { Problem } from "../../../domain/errors.ts";
import { ONNX_FILES, type TransformersOptions } from "./options.ts";

/** The package that runs the models; it is installed where somebody wants it. */
export const PACKAGE = "@huggingface/transformers";
export const INSTALL_COMMAND = `npm install ${PACKAGE}`;

type ModelOptions = Pick<TransformersOptions, "model" | "dtype">;

/** The folder that the options name; undefined where they name a model of the Hub. */
export function folderOf({ model }: ModelOptions, configDirectory: string): string | undefined {
  return /^(?:\.{1,2}\/|\/)/u.test(model) ? resolve(configDirectory, model) : undefined;
}

/** What keeps the model from being used, as far as it shows before it is loaded: the package, files of the folder. */
export function problemsOfModel(options: ModelOptions, configDirectory: string): readonly Problem[] {
  const problems: Problem[] = [];
  if (!isInstalled()) {
    problems.push({ field: "adapter", message: `needs the package ${PACKAGE}; run: ${INSTALL_COMMAND}` });
  }
  const folder = folderOf(options, configDirectory);
  const missing = folder === undefined ? [] : requiredFiles(options).filter((file) => !existsSync(join(folder, file)));
  if (missing.length > 0)
    problems.push({ field: "model", message: `the folder ${folder} lacks ${missing.join(", ")}` });
  return problems;
}

/**
 * Names the model: its folder's or the Hub's name, and for a folder what its files are. Of large files 64 pieces count,
 * evenly spread, which other weights do not share.
 */
export function identityOf(options: ModelOptions, configDirectory: string): readonly [label: string, content: string] {
  const folder = folderOf(options, configDirectory);
  if (folder === undefined) return [options.model, ""];
  const hash = createHash("sha256");
  for (const file of [...requiredFiles(options), `onnx/${ONNX_FILES[options.dtype]}_data`]) {
    const path = join(folder, file);
    if (existsSync(path)) addSamples(path, (bytes) => hash.update(bytes));
  }
  return [basename(folder), hash.digest("hex")];
}

function requiredFiles({ dtype }: ModelOptions): readonly string[] {
  return ["config.json", "tokenizer.json", "tokenizer_config.json", `onnx/${ONNX_FILES[dtype]}`];
}

const SAMPLES = 64;
const SAMPLE_BYTES = 4_096;

/** Hands over the file's size, and the whole of a small file or samples of a large one. */
function addSamples(path: string, add: (bytes: Uint8Array | string) => void): void {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    add(`${size} `);
    const step = Math.max(SAMPLE_BYTES, Math.ceil((size - SAMPLE_BYTES) / (SAMPLES - 1)));
    const buffer = new Uint8Array(SAMPLE_BYTES);
    for (let position = 0; position < size; position += step) {
      add(buffer.slice(0, readSync(file, buffer, 0, SAMPLE_BYTES, position)));
    }
  } finally {
    closeSync(file);
  }
}

function isInstalled(): boolean {
  try {
    createRequire(import.meta.url).resolve(PACKAGE);
    return true;
  } catch {
    return false;
  }
}
