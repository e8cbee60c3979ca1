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
  const models = Object.keys(childOf(tree, "models") ?? {});
  const followUpModel = childOf(childOf(tree, "answer"), "follow_up_model");
  return [
    ...lost,
    ...problemsOfName("answer_cache.semantic.embedder", "embedder", cacheEmbedder, embedders),
    ...problemsOfName("answer.follow_up_model", "model", followUpModel, models),
    ...problemsOfName("sample.corpus", "search", corpus, Object.keys(searches)),
  ];
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
