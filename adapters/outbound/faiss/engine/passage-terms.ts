import { termFingerprint } from "../../../../domain/text/term-fingerprint.ts";

/** The terms of one passage as the lexical index needs them: fingerprints and frequencies side by side, no strings. */
export interface PassageTerms {
  /** Distinct, in no order; see `termFingerprint`. */
  readonly fingerprints: Float64Array;
  /** 1 to 255, in the order of the fingerprints. */
  readonly frequencies: Uint8Array;
  /** All terms, repetitions counted; what BM25 calls the length of the document. */
  readonly length: number;
}

/** A term of a question; the weight says how often it counts. */
export interface QueryTerm {
  readonly fingerprint: number;
  readonly weight: number;
}

/** How often a term of the title counts against one of the text. */
const DEFAULT_TITLE_WEIGHT = 3;

const FORMAT = 1;
const HEADER_BYTES = 9;
const BYTES_PER_TERM = 7;
const MAX_FREQUENCY = 255;
const TWO_TO_32 = 2 ** 32;

/**
 * What a passage is found by: the terms of its text, and those of its title `titleWeight` times (a whole number from 0;
 * the default is what measured best). A passage without terms is in the index all the same, and never found.
 */
export function countPassageTerms(
  title: readonly string[],
  text: readonly string[],
  titleWeight = DEFAULT_TITLE_WEIGHT,
): PassageTerms {
  const counts = new Map<string, number>();
  for (const term of text) counts.set(term, (counts.get(term) ?? 0) + 1);
  if (titleWeight > 0) for (const term of title) counts.set(term, (counts.get(term) ?? 0) + titleWeight);
  const length = text.length + title.length * titleWeight;
  const fingerprints = new Float64Array(counts.size);
  const frequencies = new Uint8Array(counts.size);
  let index = 0;
  for (const [term, count] of counts) {
    fingerprints[index] = termFingerprint(term);
    frequencies[index++] = Math.min(count, MAX_FREQUENCY);
  }
  return { fingerprints, frequencies, length };
}

/** The terms of a question, each once, its weight the number of its repetitions. */
export function countQueryTerms(terms: readonly string[]): readonly QueryTerm[] {
  const counts = new Map<string, number>();
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  return Array.from(counts, ([term, weight]) => ({ fingerprint: termFingerprint(term), weight }));
}

/** The terms as bytes for the record: a header of 9 bytes, then 7 for each distinct term. */
export function encodePassageTerms(terms: PassageTerms): Uint8Array {
  const { fingerprints, frequencies, length } = terms;
  const bytes = new Uint8Array(HEADER_BYTES + BYTES_PER_TERM * fingerprints.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, FORMAT);
  view.setUint32(1, length, true);
  view.setUint32(5, fingerprints.length, true);
  let offset = HEADER_BYTES;
  for (const [index, key] of fingerprints.entries()) {
    view.setUint32(offset, key >>> 0, true);
    view.setUint16(offset + 4, Math.floor(key / TWO_TO_32), true);
    view.setUint8(offset + 6, frequencies[index] ?? 0);
    offset += BYTES_PER_TERM;
  }
  return bytes;
}

/** The reverse of {@link encodePassageTerms}. @throws RangeError for bytes that it did not make. */
export function decodePassageTerms(bytes: Uint8Array): PassageTerms {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.length >= HEADER_BYTES ? view.getUint32(5, true) : -1;
  if (bytes[0] !== FORMAT || bytes.length !== HEADER_BYTES + BYTES_PER_TERM * count) {
    throw new RangeError(`These ${bytes.length} bytes are no passage terms of format ${FORMAT}`);
  }
  const fingerprints = new Float64Array(count);
  const frequencies = new Uint8Array(count);
  for (let index = 0, offset = HEADER_BYTES; index < count; index++, offset += BYTES_PER_TERM) {
    fingerprints[index] = view.getUint16(offset + 4, true) * TWO_TO_32 + view.getUint32(offset, true);
    frequencies[index] = view.getUint8(offset + 6);
  }
  return { fingerprints, frequencies, length: view.getUint32(1, true) };
}
