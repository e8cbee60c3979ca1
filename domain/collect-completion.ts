import type { TokenLogprob, ToolCall } from "./chat.ts";
import type { Completion, CompletionEvent } from "./ports/completion-port.ts";

/** Joins the events of one completion, in their order. */
export class CompletionCollector {
  private text = "";
  private readonly toolCalls: ToolCall[] = [];
  private readonly logprobs: TokenLogprob[] = [];
  private hasLogprobs = false;
  private finished: Extract<CompletionEvent, { type: "finish" }> | undefined;

  add(event: CompletionEvent): void {
    if (event.type === "delta") {
      this.text += event.text;
      if (event.logprobs !== undefined) this.hasLogprobs = true;
      for (const logprob of event.logprobs ?? []) this.logprobs.push(logprob);
    } else if (event.type === "tool-call") {
      this.toolCalls[event.index] = { id: event.id, name: event.name, arguments: "" };
    } else if (event.type === "tool-arguments") {
      const begun = this.toolCalls[event.index];
      if (begun === undefined) throw new Error("The arguments of a tool call came before the call.");
      this.toolCalls[event.index] = { ...begun, arguments: begun.arguments + event.json };
    } else {
      this.finished = event;
    }
  }

  /** What the events came to. @throws Error where they did not end with `finish` */
  get completion(): Completion {
    if (this.finished === undefined) throw new Error("The completion's events do not end with `finish`.");
    const { text, toolCalls, logprobs, hasLogprobs } = this;
    const { type: _, ...rest } = this.finished;
    return { text, toolCalls, ...(hasLogprobs ? { logprobs } : {}), ...rest };
  }
}

/** The same completion at once: the events, joined. @throws ServiceError as the events do */
export async function collectCompletion(events: AsyncIterable<CompletionEvent>): Promise<Completion> {
  const collector = new CompletionCollector();
  for await (const event of events) collector.add(event);
  return collector.completion;
}

/** The events that a completion stands for: what a collector makes the completion of again. */
export function* completionEvents(completion: Completion): Generator<CompletionEvent, void, undefined> {
  const { text, toolCalls, logprobs, ...rest } = completion;
  if (text !== "") yield { type: "delta", text, ...(logprobs === undefined ? {} : { logprobs }) };
  for (const [index, { id, name, arguments: json }] of toolCalls.entries()) {
    yield { type: "tool-call", index, id, name };
    if (json !== "") yield { type: "tool-arguments", index, json };
  }
  yield { type: "finish", ...rest };
}
