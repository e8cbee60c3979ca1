import type { Problem } from "../../domain/errors.ts";

/** Names that point to nothing, in a tree whose shape may be wrong elsewhere; what is no name is the schema's to tell. */
export function referenceProblems(tree: unknown): readonly Problem[] {
  const embedders = Object.keys(childOf(tree, "embedders") ?? {});
  const rerankers = Object.keys(childOf(tree, "rerankers") ?? {});
  const searches = childOf(tree, "searches") ?? {};
  const lost = Object.entries(searches).flatMap(([name, search]) => {
    const reranker = childOf(childOf(search, "rerank"), "reranker");
    return [
      ...problemsOfName(`searches.${name}.embedder`, "embedder", childOf(search, "embedder"), embedders),
      ...problemsOfName(`searches.${name}.rerank.reranker`, "reranker", reranker, rerankers),
    ];
  });
  const corpus = childOf(childOf(tree, "sample"), "corpus");
  const cacheEmbedder = childOf(childOf(childOf(tree, "answer_cache"), "semantic"), "embedder");
  const followUpModel = childOf(childOf(tree, "answer"), "follow_up_model");
  return [
    ...fallbackProblems(childOf(tree, "models") ?? {}),
    ...lost,
    ...problemsOfName("answer_cache.semantic.embedder", "embedder", cacheEmbedder, embedders),
    ...problemsOfName("answer.follow_up_model", "model", followUpModel, Object.keys(childOf(tree, "models") ?? {})),
    ...problemsOfName("sample.corpus", "search", corpus, Object.keys(searches)),
  ];
}

/** Fallbacks that are no models, and fallbacks that lead back to where they began. */
function fallbackProblems(models: object): readonly Problem[] {
  const known = Object.keys(models);
  const fallbacksOf = (name: string): readonly unknown[] => {
    const fallbacks = childOf(childOf(models, name), "fallbacks");
    return Array.isArray(fallbacks) ? fallbacks : [];
  };
  const leadsTo = (from: unknown, to: string, seen: ReadonlySet<unknown> = new Set()): boolean =>
    from === to ||
    (typeof from === "string" &&
      !seen.has(from) &&
      fallbacksOf(from).some((next) => leadsTo(next, to, new Set([...seen, from]))));
  return known.flatMap((model) =>
    fallbacksOf(model).flatMap((fallback, index) => {
      const field = `models.${model}.fallbacks[${index}]`;
      const unknown = problemsOfName(field, "model", fallback, known);
      if (unknown.length > 0 || !leadsTo(fallback, model)) return unknown;
      return [{ field, message: `falls back on ${model} in turn: fallbacks must not lead back` }];
    }),
  );
}

function problemsOfName(field: string, kind: string, name: unknown, known: readonly string[]): readonly Problem[] {
  if (typeof name !== "string" || known.includes(name)) return [];
  const rest = known.length === 0 ? `the config has no ${kind}` : `known are ${known.join(", ")}`;
  return [{ field, message: `no ${kind} "${name}"; ${rest}` }];
}

function childOf(node: unknown, key: string): unknown {
  return typeof node === "object" && node !== null && Object.hasOwn(node, key)
    ? (node as Readonly<Record<string, unknown>>)[key]
    : undefined;
}
