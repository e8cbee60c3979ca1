import { UnreadableError } from "./file-content.ts";

const SNIFFED_BYTES = 8_192;
const BYTE_ORDER_MARKS: readonly { readonly bytes: readonly number[]; readonly encoding: string }[] = [
  { bytes: [0xef, 0xbb, 0xbf], encoding: "utf-8" },
  { bytes: [0xff, 0xfe], encoding: "utf-16le" },
  { bytes: [0xfe, 0xff], encoding: "utf-16be" },
];
const DECLARED_CHARSET = /<meta[^>]{0,200}?charset\s*=\s*["']?\s*(?<charset>[\w:-]{1,40})/iu;

/** The encoding that an HTML file declares within its first 8 KB, undefined where it declares none. */
export function declaredCharset(bytes: Uint8Array): string | undefined {
  const beginning = new TextDecoder("latin1").decode(bytes.subarray(0, SNIFFED_BYTES));
  return DECLARED_CHARSET.exec(beginning)?.groups?.charset;
}

/**
 * The bytes as text, without a byte order mark, which goes before the encoding given (default: UTF-8).
 * @throws UnreadableError bytes that are binary or not of that encoding, an encoding that nobody knows
 */
export function decodeText(bytes: Uint8Array, encoding = "utf-8"): string {
  return decoded(decoderOf(bytes, encoding), bytes, false);
}

/**
 * The text of a stream, block by block, as `decodeText` decodes.
 * @throws UnreadableError bytes that are binary or not of their encoding
 */
export async function* decodeBlocks(blocks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  let decoder: TextDecoder | undefined;
  for await (const block of blocks) {
    decoder ??= decoderOf(block, "utf-8");
    yield decoded(decoder, block, true);
  }
  if (decoder !== undefined) yield decoded(decoder, new Uint8Array(), false);
}

/** @throws UnreadableError where the beginning of a file of text holds a zero, as no text in UTF-8 does */
export function refuseBinary(beginning: Uint8Array): void {
  if (beginning.subarray(0, SNIFFED_BYTES).includes(0)) {
    throw new UnreadableError("It holds binary data where text was expected.");
  }
}

function decoderOf(beginning: Uint8Array, encoding: string): TextDecoder {
  const marked = BYTE_ORDER_MARKS.find(({ bytes: mark }) =>
    mark.every((byte, index) => beginning[index] === byte),
  )?.encoding;
  if (marked === undefined) refuseBinary(beginning);
  return decoderFor(marked ?? encoding);
}

function decoded(decoder: TextDecoder, bytes: Uint8Array, stream: boolean): string {
  try {
    return decoder.decode(bytes, { stream });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UnreadableError(`It is not valid ${decoder.encoding}; save it as UTF-8.`, { cause: error });
  }
}

function decoderFor(encoding: string): TextDecoder {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UnreadableError(`It declares the unknown encoding ${encoding}; save it as UTF-8.`, { cause: error });
  }
}
