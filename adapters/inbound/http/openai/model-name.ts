/** What a caller names as its model. */
export interface ModelName {
  /** Name of a model in the config. */
  readonly model: string;
  /** Name of the search that it is to answer from; absent where it answers alone. */
  readonly search?: string;
}

/** No name in a config has it (infrastructure/config/schema.ts). */
const SEPARATOR = "@";

/** `MODEL` or `MODEL@SEARCH`: for clients that can set nothing but a model's name. */
export function readModelName(name: string): ModelName {
  const at = name.indexOf(SEPARATOR);
  return at === -1 ? { model: name } : { model: name.slice(0, at), search: name.slice(at + 1) };
}

export function writeModelName(model: string, search: string): string {
  return `${model}${SEPARATOR}${search}`;
}
