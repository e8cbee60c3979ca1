import { parse } from "yaml";
import { z } from "zod";
import type { Problem } from "../../domain/errors.ts";
import { isKey } from "../keys/secret.ts";
import { keyName, keysSchema } from "../keys/settings.ts";
import type { Environment } from "./environment.ts";
import { check } from "./problems.ts";

const VARIABLE = "PHAROS_KEYS";
/** Shaped as a `keys_file`. */
const keysOfVariable = z.strictObject({ keys: keysSchema });
/** Words of the shape itself, which a message may say whatever the secret holds. */
const WORDS =
  /^(?:keys|scopes|hashes|sha256|not_before|expires|limits|requests_per_minute|tokens_per_minute|budget|usd|per)$/u;

/** What the config's tree becomes, and what is wrong with the environment. */
interface WithCallers {
  readonly tree: unknown;
  readonly problems: readonly Problem[];
}

/**
 * The config's tree with what the environment says of callers: the keys of PHAROS_KEYS, the text of a `keys_file` in YAML
 * or JSON, beside its own, and PHAROS_ANONYMOUS where its `anonymous` does not say. Empty variables count as not set. No
 * problem tells of PHAROS_KEYS more than places and names of keys: it comes from a secret.
 */
export function withCallers(tree: unknown, variables: Environment["variables"]): WithCallers {
  const anonymous = anonymousOf(variables.PHAROS_ANONYMOUS);
  const keys = keysOf(variables[VARIABLE]);
  if (!isMapping(tree)) return { tree, problems: [] };
  const problems = [...anonymous.problems, ...keys.problems];
  const { keys: own = {} } = tree;
  if (!isMapping(own)) return { tree, problems };
  const twice = Object.keys(keys.value).filter((name) => Object.hasOwn(own, name));
  problems.push(
    ...twice.map((name) => ({ field: `${VARIABLE}.keys.${name}`, message: "is also a key of the config" })),
  );
  const all = { ...keys.value, ...own };
  return {
    tree: { ...anonymous.value, ...tree, ...(Object.keys(keys.value).length === 0 ? {} : { keys: all }) },
    problems,
  };
}

function anonymousOf(text: string | undefined): { value: { anonymous?: boolean }; problems: readonly Problem[] } {
  if (!text) return { value: {}, problems: [] };
  if (text === "true" || text === "false") return { value: { anonymous: text === "true" }, problems: [] };
  return { value: {}, problems: [{ field: "PHAROS_ANONYMOUS", message: "must be true or false" }] };
}

/** The keys as the variable has them, where they are right. */
function keysOf(text: string | undefined): { value: Readonly<Record<string, unknown>>; problems: readonly Problem[] } {
  if (!text?.trim()) return { value: {}, problems: [] };
  let parsed: unknown;
  try {
    parsed = parse(text, { prettyErrors: false });
  } catch {
    // The parser's own words may quote the secret.
    return { value: {}, problems: [{ field: VARIABLE, message: "is neither YAML nor JSON" }] };
  }
  const { problems = [] } = check(keysOfVariable, parsed);
  if (problems.length > 0) return { value: {}, problems: problems.map(told) };
  return { value: (parsed as { readonly keys: Readonly<Record<string, unknown>> }).keys, problems: [] };
}

/** The problem at its place, as far as that may be told. */
function told({ field, message }: Problem): Problem {
  const steps = field.split(/[.[]/u);
  const isTold = (step: string) =>
    step === "" || /^\d+\]$/u.test(step) || WORDS.test(step) || (keyName.safeParse(step).success && !isKey(step));
  if (message === "unknown key" || !steps.every(isTold))
    return { field: VARIABLE, message: `${message}, at a place that is not told` };
  return { field: field === "" ? VARIABLE : `${VARIABLE}.${field}`, message };
}

function isMapping(node: unknown): node is Readonly<Record<string, unknown>> {
  return typeof node === "object" && node !== null && !Array.isArray(node);
}
