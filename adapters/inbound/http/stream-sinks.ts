import type { NodeResponse } from "./http-context.ts";

/** Where the text of a stream goes. */
export interface StreamSink {
  /** Takes the text; false where it wants no more until it drains. Not to be called after `end` or `cut`. */
  write(text: string): boolean;
  /** There is no more text. */
  end(): void;
  /** There is nobody to wait for: what was not sent yet may be lost. */
  cut(): void;
}

/** What a sink tells whoever writes to it. */
export interface SinkListener {
  /** It wants more again. */
  drained(): void;
  /** It has let go of all that was written, or nearly so; or there is nobody left to read. */
  closed(): void;
}

/** Writes to Node's response, whose buffer is the one that fills. */
export class NodeSink implements StreamSink {
  private readonly outgoing: NodeResponse;

  constructor(outgoing: NodeResponse, headers: Record<string, string>, listener: SinkListener) {
    this.outgoing = outgoing;
    outgoing.on("drain", () => listener.drained());
    outgoing.on("finish", () => listener.closed());
    outgoing.on("close", () => listener.closed());
    // A write that comes too late for a reader who is gone; `close` tells of that.
    outgoing.on("error", () => {});
    outgoing.writeHead(200, headers);
  }

  write(text: string): boolean {
    return this.outgoing.write(text);
  }

  end(): void {
    this.outgoing.end();
  }

  cut(): void {
    this.outgoing.destroy();
  }
}
