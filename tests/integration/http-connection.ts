import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export interface RawReply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** A TCP connection in the test's hand: it sends bytes as they are, and leaves when the test says so. */
export class RawConnection {
  /** Resolves when both sides have closed. */
  readonly closed: Promise<void>;
  private readonly socket: Socket;
  private received = "";
  private ended = false;
  private readonly waiting: (() => void)[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    const left = Promise.withResolvers<void>();
    this.closed = left.promise;
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => {
      this.received += text;
      this.wake();
    });
    // A reset is one way in which a server closes.
    socket.on("error", () => {});
    socket.on("close", () => {
      this.ended = true;
      this.wake();
      left.resolve();
    });
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = connect(port, "127.0.0.1");
    onTestFinished(() => {
      socket.destroy();
    });
    const connection = new RawConnection(socket);
    await once(socket, "connect");
    return connection;
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Writes a POST with this JSON. */
  post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
    const bytes = Buffer.from(JSON.stringify(body));
    const more = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    this.write(
      `POST ${path} HTTP/1.1\r\nhost: pharos\r\ncontent-type: application/json\r\ncontent-length: ${bytes.byteLength}\r\n${more.join("")}\r\n`,
    );
    this.write(bytes);
  }

  /** Takes no more from the socket. */
  pause(): void {
    this.socket.pause();
  }

  /** Takes again what comes. */
  resume(): void {
    this.socket.resume();
  }

  /** Resolves once this text was received. @throws where the connection ends before */
  async until(text: string): Promise<void> {
    while (!this.received.includes(text)) await this.more();
  }

  /** Goes away without a word. */
  destroy(): void {
    this.socket.destroy();
  }

  /** Says that nothing more comes, as a client does that gives up, and goes on reading. */
  end(): void {
    this.socket.end();
  }

  /** What was received and not yet read. */
  get unread(): string {
    return this.received;
  }

  /** The next whole answer with a content-length. @throws where the connection ends before */
  async reply(): Promise<RawReply> {
    for (;;) {
      const reply = this.takeReply();
      if (reply !== undefined) return reply;
      await this.more();
    }
  }

  private async more(): Promise<void> {
    if (this.ended) throw new Error(`The connection ended after ${JSON.stringify(this.received)}.`);
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  private takeReply(): RawReply | undefined {
    const end = this.received.indexOf("\r\n\r\n");
    if (end === -1) return undefined;
    const [statusLine = "", ...lines] = this.received.slice(0, end).split("\r\n");
    const headers = new Headers(
      lines.map((line): [string, string] => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon), line.slice(colon + 1).trim()];
      }),
    );
    const rest = Buffer.from(this.received.slice(end + 4));
    const length = Number(headers.get("content-length") ?? 0);
    if (rest.byteLength < length) return undefined;
    this.received = rest.subarray(length).toString();
    return { status: Number(statusLine.split(" ")[1]), headers, body: rest.subarray(0, length).toString() };
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
