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

/** Bytes that wait for a reader before the sink wants no more; Node's own default for its sockets. */
const HIGH_WATER_BYTES = 16 * 1024;

const utf8 = new TextEncoder();

/** Writes to a stream of the Fetch API, for the servers that know no other. */
export class WebSink implements StreamSink {
  readonly readable: ReadableStream<Uint8Array>;
  private controller!: ReadableStreamDefaultController<Uint8Array>;
  private readonly listener: SinkListener;
  private ended = false;

  constructor(listener: SinkListener) {
    this.listener = listener;
    this.readable = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.controller = controller;
        },
        pull: () => (this.ended ? this.close() : listener.drained()),
        cancel: () => listener.closed(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: HIGH_WATER_BYTES }),
    );
  }

  write(text: string): boolean {
    this.controller.enqueue(utf8.encode(text));
    return (this.controller.desiredSize ?? 0) > 0;
  }

  /** Closes only once the reader has caught up: `pull` is called then. */
  end(): void {
    this.ended = true;
    if ((this.controller.desiredSize ?? 0) > 0) this.close();
  }

  /** No such server can break off a connection whose reader has stopped: it lets go of what it holds when that reads or leaves. */
  cut(): void {
    this.close();
  }

  private close(): void {
    this.controller.close();
    this.listener.closed();
  }
}
