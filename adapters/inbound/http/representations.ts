import type { Answer, Citation } from "../../../domain/answer.ts";
import type { SourceDocument } from "../../../domain/document.ts";
import type { Passage } from "../../../domain/passage.ts";
import type { CorpusDescription } from "../../../domain/ports/corpus-port.ts";
import type { Retrieval, RetrievalRequest } from "../../../domain/ports/retrieval-port.ts";
import type { Principal } from "../../../domain/principal.ts";
import type { Question } from "../../../domain/question.ts";
import type { GenerateBody, SearchBody } from "./schemas.ts";

// The one place where our camelCase meets the callers' snake_case. What is not known is left out, never null.

export function toQuestion(body: GenerateBody, principal: Principal | undefined): Question {
  const { llm_name: model, vector_search_type: search, top_k: topK, max_tokens: maxTokens, ...alike } = body;
  return { ...alike, model, search, topK, maxTokens, ...(principal === undefined ? {} : { principal }) };
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

export function fromAnswer(answer: Answer, model: string, requestId: string) {
  const { text, citations, passages, usage, finishReason, timing, warnings } = answer;
  return {
    response: text,
    citations: citations.map(fromCitation),
    passages: passages.map(fromPassage),
    model,
    usage: {
      input_tokens: usage.inputTokens,
      output_tokens: usage.outputTokens,
      cached_input_tokens: usage.cachedInputTokens,
    },
    finish_reason: finishReason,
    timing_ms: {
      embed: roundedMs(timing.embedMs),
      retrieve: roundedMs(timing.retrieveMs),
      complete: roundedMs(timing.completeMs),
      total: roundedMs(timing.totalMs),
    },
    warnings,
    request_id: requestId,
  };
}

export function fromRetrieval({ passages, embedMs, warnings }: Retrieval, totalMs: number, requestId: string) {
  return {
    passages: passages.map(fromPassage),
    timing_ms: { embed: roundedMs(embedMs), retrieve: roundedMs(totalMs - embedMs), total: roundedMs(totalMs) },
    warnings,
    request_id: requestId,
  };
}

export function fromCorpus(name: string, { documents, passages, generation, embedder }: CorpusDescription) {
  return { name, documents, passages, generation, embedder };
}

export function fromDocument({ id, title, text, uri, metadata }: SourceDocument) {
  return { id, title, text, uri, metadata };
}

function fromPassage({ id, documentId, text, title, uri, score, confidence, location, language, metadata }: Passage) {
  return { id, document_id: documentId, text, title, uri, score, confidence, location, language, metadata };
}

function fromCitation({ passageId, documentId, title, uri, marker, quote, ...rest }: Citation) {
  return {
    passage_id: passageId,
    document_id: documentId,
    title,
    uri,
    marker,
    quote,
    quote_span: rest.quoteSpan,
    answer_span: rest.answerSpan,
    verified: rest.verified,
  };
}

function roundedMs(ms: number): number {
  return Math.round(ms * 100) / 100;
}
