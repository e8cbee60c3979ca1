import type { AnswerEvent } from "../../../domain/answer.ts";
import { fromCitation, fromEnd, fromPassage, fromUsage } from "../representations.ts";
import { eventFrame } from "./sse.ts";

/** The events of an answer as `POST /generate` streams them: joined, they are the JSON answer. */
export function answerFrames(model: string, requestId: string): (event: AnswerEvent) => string {
  return (event) => {
    switch (event.type) {
      case "delta":
        return eventFrame("delta", { text: event.text });
      case "citation":
        return eventFrame("citation", fromCitation(event.citation));
      case "sources":
        return eventFrame("sources", { passages: event.passages.map(fromPassage) });
      case "done": {
        const end = { model, ...fromEnd(event), request_id: requestId };
        return `${eventFrame("usage", fromUsage(event.usage))}${eventFrame("done", end)}`;
      }
      default:
        // Nobody can give this route a tool.
        return "";
    }
  };
}
