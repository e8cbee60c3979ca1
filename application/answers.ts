import type { Answer, AnswerEvent, CacheOutcome, Citation } from "../domain/answer.ts";
import type { Passage } from "../domain/passage.ts";
import type { Question } from "../domain/question.ts";

/** Whoever answers questions: the use case, or what is put around it. */
export interface Answers {
  /**
   * The events of one answer, in the order that AnswerEvent gives. Ending the iteration early cancels the work under way.
   * @throws ServiceError from the iteration
   */
  stream(question: Question, signal: AbortSignal): AsyncIterable<AnswerEvent>;
}

/** The same answer at once: the events, joined. @throws ServiceError as the events do */
export async function collectAnswer(events: AsyncIterable<AnswerEvent>): Promise<Answer> {
  let passages: readonly Passage[] = [];
  const citations: Citation[] = [];
  let text = "";
  let cache: CacheOutcome | undefined;
  for await (const event of events) {
    if (event.type === "sources") passages = event.passages;
    else if (event.type === "cache") cache = event.outcome;
    else if (event.type === "citation") citations.push(event.citation);
    else if (event.type === "delta") text += event.text;
    else if (event.type === "done") {
      const { type: _, ...rest } = event;
      return { text, passages, citations, ...rest, ...(cache === undefined ? {} : { cache }) };
    }
  }
  throw new Error("The answer's events ended without `done`.");
}
