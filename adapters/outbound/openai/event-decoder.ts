import { invalidReply } from "./errors.ts";

/** A tool call's whole arguments may come as one event; nothing that a model writes comes near this. */
const MAX_EVENT_LENGTH = 16 * 1024 * 1024;

/**
 * Takes the data of server-sent events out of the bytes of one stream, however these are cut
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream). Names, ids and retry times are
 * left out: the API's chunks need none. An event that the stream's end cuts off is no event.
 */
export class EventDecoder {
  private readonly utf8 = new TextDecoder();
  /** The line that has begun. */
  private line = "";
  /** The data lines of the event that has begun, joined. */
  private data: string | undefined;
  private afterCarriageReturn = false;

  /** The data of the events that these bytes complete, in their order. @throws ServiceError vendor-reply-invalid for one without end */
  push(bytes: Uint8Array): readonly string[] {
    const text = this.utf8.decode(bytes, { stream: true });
    const completed: string[] = [];
    const nextEnd = text.includes("\r") ? anyLineEnd : lineFeed;
    let start = this.afterCarriageReturn && text.startsWith("\n") ? 1 : 0;
    if (text !== "") this.afterCarriageReturn = text.endsWith("\r");
    for (let end = nextEnd(text, start); end >= 0; end = nextEnd(text, start)) {
      this.endLine(this.line + text.slice(start, end), completed);
      this.line = "";
      start = end + (text.startsWith("\r\n", end) ? 2 : 1);
    }
    this.line += text.slice(start);
    if (this.line.length + (this.data?.length ?? 0) > MAX_EVENT_LENGTH)
      throw invalidReply("holds an event without end");
    return completed;
  }

  private endLine(line: string, completed: string[]): void {
    if (line === "") {
      if (this.data !== undefined) completed.push(this.data);
      this.data = undefined;
      return;
    }
    const value = dataOf(line);
    if (value !== undefined) this.data = this.data === undefined ? value : `${this.data}\n${value}`;
  }
}

/** Where the next line ends, -1 where the text does not hold its end. */
function lineFeed(text: string, start: number): number {
  return text.indexOf("\n", start);
}

/** The same for lines that may end with CR or CR LF too, which hardly any server writes. */
function anyLineEnd(text: string, start: number): number {
  const length = text.slice(start).search(/[\r\n]/u);
  return length < 0 ? length : start + length;
}

function dataOf(line: string): string | undefined {
  if (line === "data") return "";
  if (!line.startsWith("data:")) return undefined;
  return line.slice(line.startsWith(" ", 5) ? 6 : 5);
}
