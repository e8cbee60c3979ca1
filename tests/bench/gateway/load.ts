import { connect, type Socket } from "node:net";

/** What a client sees of a gateway in one slice. */
export interface Load {
  readonly requests: number;
  readonly seconds: number;
  /** Of whole answers, ascending, in milliseconds. */
  readonly latenciesMs: readonly number[];
  /** Until the first bytes of the body, ascending, in milliseconds. */
  readonly firstBytesMs: readonly number[];
}

export interface LoadTarget {
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** When a slice is over: after so many requests, or so much time. */
export type Until = { readonly requests: number } | { readonly ms: number };

/**
 * Asks over so many connections, each sending its next request when its answer is whole. Straight over sockets, since any
 * client would cost as much as what is measured. @throws Error for an answer that is not 200, or that breaks off
 */
export async function load(target: LoadTarget, callers: number, until: Until): Promise<Load> {
  const latenciesMs: number[] = [];
  const firstBytesMs: number[] = [];
  const startedAt = performance.now();
  let begun = 0;
  const more = () => ("ms" in until ? performance.now() - startedAt < until.ms : begun++ < until.requests);
  const request = requestBytes(target);
  const call = async () => {
    const caller = await Caller.connect(target.port);
    while (more()) {
      const { firstByteMs, wholeMs } = await caller.ask(request);
      firstBytesMs.push(firstByteMs);
      latenciesMs.push(wholeMs);
    }
    caller.close();
  };
  await Promise.all(Array.from({ length: callers }, call));
  const seconds = (performance.now() - startedAt) / 1_000;
  const ascending = (one: number, other: number) => one - other;
  return {
    requests: latenciesMs.length,
    seconds,
    latenciesMs: latenciesMs.sort(ascending),
    firstBytesMs: firstBytesMs.sort(ascending),
  };
}

/** The text of one answer's body, chunked coding and all. */
export async function askOnce(target: LoadTarget): Promise<string> {
  const caller = await Caller.connect(target.port);
  await caller.ask(requestBytes(target));
  caller.close();
  return caller.received;
}

function requestBytes({ port, headers, body }: LoadTarget): Buffer {
  const lines = Object.entries({
    host: `127.0.0.1:${port}`,
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`POST /v1/chat/completions HTTP/1.1\r\n${lines.join("")}\r\n${body}`);
}

interface Times {
  readonly firstByteMs: number;
  readonly wholeMs: number;
}

/** One connection, with one request at a time. */
class Caller {
  /** What has arrived of the answer. */
  received = "";
  private readonly socket: Socket;
  private sentAt = 0;
  private firstByteMs: number | undefined;
  private answered = Promise.withResolvers<Times>();

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.setEncoding("latin1");
    socket.on("data", (text) => this.take(String(text)));
    socket.on("error", (error) => this.answered.reject(error));
    socket.on("close", () => this.answered.reject(new Error(`The connection closed after: ${this.received}`)));
    this.answered.promise.catch(() => undefined);
  }

  static connect(port: number): Promise<Caller> {
    const socket = connect(port, "127.0.0.1");
    return new Promise((resolve, reject) => {
      socket.once("connect", () => resolve(new Caller(socket)));
      socket.once("error", reject);
    });
  }

  ask(request: Buffer): Promise<Times> {
    this.answered = Promise.withResolvers();
    this.received = "";
    this.firstByteMs = undefined;
    this.sentAt = performance.now();
    this.socket.write(request);
    return this.answered.promise;
  }

  close(): void {
    this.socket.destroy();
  }

  private take(text: string): void {
    this.received += text;
    const bodyAt = this.received.indexOf("\r\n\r\n") + 4;
    if (bodyAt < 4) return;
    if (this.firstByteMs === undefined && this.received.length > bodyAt)
      this.firstByteMs = performance.now() - this.sentAt;
    if (!this.isWhole(bodyAt)) return;
    const times = { firstByteMs: this.firstByteMs ?? Number.NaN, wholeMs: performance.now() - this.sentAt };
    if (this.received.startsWith("HTTP/1.1 200 ")) this.answered.resolve(times);
    else this.answered.reject(new Error(`An answer is not 200: ${this.received}`));
  }

  private isWhole(bodyAt: number): boolean {
    const length = /\r\ncontent-length: *(\d+)\r\n/iu.exec(this.received.slice(0, bodyAt))?.[1];
    const bodyLength = this.received.length - bodyAt;
    return length === undefined ? bodyLength > 0 && this.received.endsWith("0\r\n\r\n") : bodyLength >= Number(length);
  }
}
