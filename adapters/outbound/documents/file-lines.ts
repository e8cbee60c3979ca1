/** A line of a file, its number from 1; without bytes where it is longer than allowed. */
export interface FileLine {
  readonly number: number;
  readonly bytes?: Uint8Array;
}

const LINE_FEED = 0x0a;

/** The lines of a stream, without their line feeds; never more than one line and one block of the stream in memory. */
export async function* linesOf(
  blocks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<FileLine, void, undefined> {
  let number = 1;
  let parts: Uint8Array[] = [];
  let length = 0;
  const line = (): FileLine => (length > maxBytes ? { number } : { number, bytes: Buffer.concat(parts) });
  const add = (part: Uint8Array) => {
    length += part.length;
    if (length > maxBytes) parts = [];
    else if (part.length > 0) parts.push(part);
  };
  for await (const block of blocks) {
    let from = 0;
    for (let feed = block.indexOf(LINE_FEED); feed !== -1; feed = block.indexOf(LINE_FEED, from)) {
      add(block.subarray(from, feed));
      yield line();
      from = feed + 1;
      number += 1;
      parts = [];
      length = 0;
    }
    add(block.subarray(from));
  }
  if (length > 0) yield line();
}

/** The blocks as they are; `onBytes` is told of each. */
export async function* counted(
  blocks: AsyncIterable<Uint8Array>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const block of blocks) {
    onBytes(block.length);
    yield block;
  }
}
