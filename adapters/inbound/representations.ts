import type { Answer, Citation, Usage } from "../../domain/answer.ts";
import type { Passage } from "../../domain/passage.ts";
import type { Retrieval } from "../../domain/ports/retrieval-port.ts";

// The one place where our camelCase becomes the snake_case that every door shows. What is not known is left out, never null.

export function fromAnswer(answer: Answer, model: string) {
  const { text, citations, passages, usage } = answer;
  return {
    response: text,
    citations: citations.map(fromCitation),
    passages: passages.map(fromPassage),
    model,
    usage: fromUsage(usage),
    ...fromEnd(answer),
  };
}

/** What is known of an answer only at its end, but for its usage. */
export function fromEnd({ finishReason, timing, warnings, groundedness, searchedFor, ungrounded }: AnswerEnd) {
  return {
    finish_reason: finishReason,
    groundedness,
    searched_for: searchedFor,
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

type AnswerEnd = Pick<Answer, "finishReason" | "timing" | "warnings" | "groundedness" | "searchedFor" | "ungrounded">;

export function fromUsage(usage: Usage) {
  return {
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    cached_input_tokens: usage.cachedInputTokens,
    cache_write_input_tokens: usage.cacheWriteInputTokens,
    reasoning_tokens: usage.reasoningTokens,
    cost_usd: usage.costUsd,
  };
}

export function fromRetrieval({ passages, embedMs, warnings }: Retrieval, totalMs: number) {
  return {
    passages: passages.map(fromPassage),
    timing_ms: { embed: roundedMs(embedMs), retrieve: roundedMs(totalMs - embedMs), total: roundedMs(totalMs) },
    warnings,
  };
}

export function fromPassage({
  id,
  documentId,
  text,
  title,
  uri,
  score,
  confidence,
  location,
  language,
  metadata,
}: Passage) {
  return { id, document_id: documentId, text, title, uri, score, confidence, location, language, metadata };
}

export function fromCitation({ passageId, documentId, title, uri, marker, quote, ...rest }: Citation) {
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
