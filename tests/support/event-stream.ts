/** One event as it came over the wire; a comment has only its own text. */
export interface WireEvent {
  /** "" for a comment. */
  readonly event: string;
  readonly data: string;
  readonly comment?: string;
}

/** The events of a text that holds whole ones, by https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream */
export function parseEvents(text: string): readonly WireEvent[] {
  return text
    .split("\n\n")
    .slice(0, -1)
    .map((block) => {
      if (block.startsWith(":")) return { event: "", data: "", comment: block.slice(1) };
      const fields = block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.replace(/^\w+: ?/u, "")]);
      const valuesOf = (name: string) => fields.filter(([field]) => field === name).map(([, value]) => value);
      return { event: valuesOf("event").at(-1) ?? "message", data: valuesOf("data").join("\n") };
    });
}

/** Reads the events of a response one by one, as they come. */
export class EventReader {
  private readonly reader: ReadableStreamDefaultReader<string>;
  private text = "";

  constructor(response: Response) {
    if (response.body === null) throw new Error("The response has no body.");
    this.reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Undefined at the end. @throws where the stream breaks off in the middle of an event */
  async next(): Promise<WireEvent | undefined> {
    for (;;) {
      const end = this.text.indexOf("\n\n");
      if (end !== -1) {
        const [event] = parseEvents(this.text.slice(0, end + 2));
        this.text = this.text.slice(end + 2);
        return event;
      }
      const { done, value } = await this.reader.read();
      if (done && this.text !== "") throw new Error(`The stream broke off after ${JSON.stringify(this.text)}.`);
      if (done) return undefined;
      this.text += value;
    }
  }

  /** All that are left. */
  async rest(): Promise<readonly WireEvent[]> {
    const events: WireEvent[] = [];
    for (let event = await this.next(); event !== undefined; event = await this.next()) events.push(event);
    return events;
  }

  /** Stops reading and closes the connection. */
  async cancel(): Promise<void> {
    await this.reader.cancel();
  }
}
