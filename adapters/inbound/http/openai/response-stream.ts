import type { AnswerEvent } from "../../../../domain/answer.ts";
import { eventFrame } from "../sse.ts";
import { openaiErrorOf } from "./errors.ts";
import {
  endedResponse,
  failedResponse,
  itemOf,
  lastStatus,
  messageOf,
  partOf,
  type ResponseHead,
  responseInProgress,
} from "./response-object.ts";
import { type MessageItem, type OutputItem, outputLogprobs, type ResponseOutput } from "./response-output.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * Writes the events of an answer as those of a response (https://developers.openai.com/api/reference/resources/responses).
 * Nothing goes out before the answer has more to say than its passages, so that an error that comes first can still be an
 * answer of its own; the passages stand in `response.in_progress`, which comes again where they come late, and in the last event.
 */
export class ResponseStream {
  private readonly head: ResponseHead;
  private readonly output: ResponseOutput;
  private opened = false;
  private sequence = 0;

  constructor(head: ResponseHead, output: ResponseOutput) {
    this.head = head;
    this.output = output;
  }

  /** The event as frames; "" where it has none yet. */
  frame(event: AnswerEvent): string {
    const before = this.output.current;
    this.output.add(event);
    if (event.type === "cache") return "";
    if (event.type === "sources") return this.opened ? this.inProgress() : "";
    const { current } = this.output;
    const opening = this.opening();
    const turn = current === before ? "" : this.closing(before, "completed") + this.adding(current);
    return opening + turn + this.frameOf(event, current);
  }

  /** The first events, for an answer that has not begun. */
  waiting(): string {
    return this.opening();
  }

  /** The last events of a stream that breaks: clients throw the first as an error of the API, the second has what was written. */
  failure(error: Error): string {
    const { error: told } = openaiErrorOf(error, "input");
    const { code, message, param } = told;
    // The documented fields are those beside `error`; OpenAI itself sends `error`, and its clients look there.
    return (
      this.event("error", { code, message, param, error: told }) +
      this.event("response.failed", { response: failedResponse(this.head, this.output, error) })
    );
  }

  private frameOf(event: Exclude<AnswerEvent, { type: "sources" | "cache" }>, item: OutputItem | undefined): string {
    if (event.type === "done") return this.closing(item, lastStatus(event.finishReason)) + this.ending();
    if (item?.type === "message") return this.messageFrame(event, item);
    return item !== undefined && event.type === "tool-arguments"
      ? this.ofItem(item, "response.function_call_arguments.delta", { delta: event.json })
      : "";
  }

  private messageFrame(event: AnswerEvent, message: MessageItem): string {
    if (event.type === "delta") {
      const logprobs = outputLogprobs(event.logprobs ?? []);
      return this.ofPart(message, "response.output_text.delta", { delta: event.text, logprobs });
    }
    const index = message.annotations.length - 1;
    const annotation = { annotation_index: index, annotation: message.annotations[index] };
    return this.ofPart(message, "response.output_text.annotation.added", annotation);
  }

  private opening(): string {
    if (this.opened) return "";
    this.opened = true;
    const { sources: _, ...response } = responseInProgress(this.head, this.output);
    return this.event("response.created", { response }) + this.inProgress();
  }

  private inProgress(): string {
    return this.event("response.in_progress", { response: responseInProgress(this.head, this.output) });
  }

  private adding(item: OutputItem | undefined): string {
    if (item === undefined) return "";
    if (item.type === "function_call") return this.added(item, itemOf({ ...item, arguments: "" }, "in_progress"));
    const part = partOf({ ...item, text: "", annotations: [], logprobs: [] });
    return (
      this.added(item, messageOf(item, "in_progress", [])) + this.ofPart(item, "response.content_part.added", { part })
    );
  }

  private added({ index }: OutputItem, item: Fields): string {
    return this.event("response.output_item.added", { output_index: index, item });
  }

  private closing(item: OutputItem | undefined, status: "completed" | "incomplete"): string {
    if (item === undefined) return "";
    const done = { output_index: item.index, item: itemOf(item, status) };
    return this.contentDone(item) + this.event("response.output_item.done", done);
  }

  private contentDone(item: OutputItem): string {
    if (item.type === "message") {
      const { text, logprobs } = item;
      return (
        this.ofPart(item, "response.output_text.done", { text, logprobs }) +
        this.ofPart(item, "response.content_part.done", { part: partOf(item) })
      );
    }
    return this.ofItem(item, "response.function_call_arguments.done", { arguments: item.arguments });
  }

  private ending(): string {
    const response = endedResponse(this.head, this.output);
    return this.event(`response.${response.status}`, { response });
  }

  private ofPart(item: OutputItem, type: string, fields: Fields): string {
    return this.ofItem(item, type, { content_index: 0, ...fields });
  }

  private ofItem({ id, index }: OutputItem, type: string, fields: Fields): string {
    return this.event(type, { item_id: id, output_index: index, ...fields });
  }

  private event(type: string, fields: Fields): string {
    return eventFrame(type, { type, sequence_number: this.sequence++, ...fields });
  }
}
