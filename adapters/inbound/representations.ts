import type { Answer, Citation } from "../../domain/answer.ts";
import type { Passage } from "../../domain/passage.ts";
import type { Retrieval } from "../../domain/ports/retrieval-port.ts";

// The one place where our camelCase becomes the snake_case that every door shows. What is not known is left out, never null.

export function fromAnswer(answer: Answer, model: string) {
  const { text, citations, passages, usage, finishReason, timing, warnings, ungrounded } = answer;
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
    ungrounded,
  };
}

export function fromRetrieval({ passages, embedMs, warnings }: Retrieval, totalMs: number) {
  return {
    passages: passages.map(fromPassage),
    timing_ms: { embed: roundedMs(embedMs), retrieve: roundedMs(totalMs - embedMs), total: roundedMs(totalMs) },
    warnings,
  };
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
    location: rest.location,
    language: rest.language,
    verified: rest.verified,
  };
}

function roundedMs(ms: number): number {
  return Math.round(ms * 100) / 100;
}
