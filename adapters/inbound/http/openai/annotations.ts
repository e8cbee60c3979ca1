import type { Citation } from "../../../../domain/answer.ts";

const WEB = /^https?:\/\//iu;

/**
 * A citation as an annotation of a message. Clients of chat completions know the type `url_citation` alone, and some refuse
 * an answer with another one, so a document that is not on the web has it too, with its path or, where it has none, its
 * address in this service as `url`, and is named as a file beside it.
 *
 * `start_index` and `end_index` are the claim's, in UTF-16 code units of the content: start inclusive, end exclusive.
 */
export function chatAnnotation(citation: Citation, addressOf: (documentId: string) => string) {
  const { uri, documentId, title, answerSpan } = citation;
  const name = title ?? uri ?? documentId;
  return {
    type: "url_citation" as const,
    url_citation: {
      url: uri ?? addressOf(documentId),
      title: name,
      start_index: answerSpan.start,
      end_index: answerSpan.end,
    },
    ...(uri !== undefined && WEB.test(uri) ? {} : { file_citation: { file_id: documentId, filename: name } }),
    ...citedPassage(citation),
  };
}

/** What we know of a citation and the OpenAI API has no word for. */
function citedPassage({ passageId, documentId, marker, quote, quoteSpan, verified, ...rest }: Citation) {
  const { location, language } = rest;
  return {
    passage_id: passageId,
    document_id: documentId,
    marker,
    quote,
    quote_span: quoteSpan,
    verified,
    location,
    language,
  };
}

/** Where `GET` returns a document of the corpus behind a search: a path of this service. */
export function documentAddress(search: string): (documentId: string) => string {
  return (documentId) => `/corpora/${encodeURIComponent(search)}/documents/${encodeURIComponent(documentId)}`;
}
