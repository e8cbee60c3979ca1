import type { Passage } from "../../domain/passage.ts";
import type { Source } from "../../domain/prompt.ts";
import type { Question } from "../../domain/question.ts";

/** A passage of this text; everything else is made up unless given. */
export function passageOf(text: string, fields: Partial<Passage> = {}): Passage {
  const id = fields.id ?? `passage-of-${text.slice(0, 24)}`;
  return { id, documentId: `document-of-${id}`, text, score: 1, ...fields };
}

/** Sources numbered from 1 in the order given. */
export function sourcesOf(...texts: readonly string[]): readonly Source[] {
  return texts.map((text, index) => ({ marker: index + 1, passage: passageOf(text) }));
}

/** A question with this prompt, to the model `fake` and the search `fake` unless given. */
export function questionOf(prompt: string, fields: Partial<Question> = {}): Question {
  return { prompt, model: "fake", search: "fake", topK: 5, maxTokens: 256, history: [], ...fields };
}
