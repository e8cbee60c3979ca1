import type { SourceDocument } from "../../../domain/document.ts";
import type { Origin } from "../../../domain/origin.ts";
import type { CorpusDescription } from "../../../domain/ports/corpus-port.ts";
import type { RetrievalRequest } from "../../../domain/ports/retrieval-port.ts";
import type { Principal } from "../../../domain/principal.ts";
import type { Question } from "../../../domain/question.ts";
import type { GenerateBody, SearchBody } from "./schemas.ts";

// What callers of HTTP alone send and get; answers and passages are in ../representations.ts.

export function toQuestion(body: GenerateBody, principal: Principal | undefined, origin: Origin): Question {
  const {
    llm_name: model,
    vector_search_type: search,
    top_k: topK,
    max_tokens: maxTokens,
    temperature,
    stream: _,
    ...alike
  } = body;
  return {
    ...alike,
    model,
    search,
    topK,
    maxTokens,
    ...(temperature === undefined ? {} : { parameters: { temperature } }),
    ...(principal === undefined ? {} : { principal }),
    ...origin,
  };
}

export function toRetrievalRequest(body: SearchBody, principal: Principal | undefined): RetrievalRequest {
  const { query, top_k: topK, filter } = body;
  return {
    query,
    topK,
    ...(filter === undefined ? {} : { filter }),
    ...(principal === undefined ? {} : { principal }),
  };
}

export function countsOf(name: string, { documents, passages }: CorpusDescription) {
  return { name, documents, passages };
}

export function fromCorpus(name: string, { documents, passages, generation, embedder }: CorpusDescription) {
  return { name, documents, passages, generation, embedder };
}

export function fromDocument({ id, title, text, uri, metadata, readers }: SourceDocument) {
  return { id, title, text, uri, metadata, readers };
}
