import type { Language } from "../../../../domain/text/language.ts";
import { TermCounter } from "../../../../domain/text/term-counter.ts";
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

/** The terms of a question, each once, its weight the number of its repetitions. */
export function countQueryTerms(terms: readonly string[]): readonly QueryTerm[] {
  const counts = new Map<string, number>();
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  return Array.from(counts, ([term, weight]) => ({ fingerprint: termFingerprint(term), weight }));
}

const counter = new TermCounter();

/**
 * What a passage is found by, as bytes for the record: a header of 9 bytes, then 7 for each distinct term. They are the
 * terms of its text, then those of its title `titleWeight` times (a whole number from 0; the default is what measured
 * best). A passage without terms is in the index all the same, and never found. `roomFor` gives so many bytes to write to.
 */
export function encodePassageTerms(
  title: string,
  text: string,
  language: Language,
  titleWeight = DEFAULT_TITLE_WEIGHT,
  roomFor: (bytes: number) => Uint8Array = (bytes) => new Uint8Array(bytes),
): Uint8Array {
  counter.begin();
  counter.add(text, language);
  counter.add(title, language, titleWeight);
  const { distinct, total } = counter;
  const bytes = roomFor(HEADER_BYTES + BYTES_PER_TERM * distinct);
  bytes[0] = FORMAT;
  writeUint32(bytes, 1, total);
  writeUint32(bytes, 5, distinct);
  for (let place = 0, offset = HEADER_BYTES; place < distinct; place++, offset += BYTES_PER_TERM) {
    const fingerprint = counter.fingerprintAt(place);
    const high = fingerprint / TWO_TO_32;
    writeUint32(bytes, offset, fingerprint);
    bytes[offset + 4] = high;
    bytes[offset + 5] = high >>> 8;
    bytes[offset + 6] = Math.min(counter.countAt(place), MAX_FREQUENCY);
  }
  return bytes;
}

/** The lowest 32 bits of a whole number, lowest byte first. */
function writeUint32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value;
  bytes[offset + 1] = value >>> 8;
  bytes[offset + 2] = value >>> 16;
  bytes[offset + 3] = value >>> 24;
}

/** The reverse of {@link encodePassageTerms}. @throws RangeError for bytes that it did not make. */
export function decodePassageTerms(bytes: Uint8Array): PassageTerms {
  return new TermsDecoder().decode(bytes);
}

/** Decodes the terms of one passage after the other into the same room: two arrays a passage were a tenth of a put. */
export class TermsDecoder {
  private fingerprints = new Float64Array(0);
  private frequencies = new Uint8Array(0);

  /** As {@link decodePassageTerms}, valid until the next call. */
  decode(bytes: Uint8Array): PassageTerms {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const count = bytes.length >= HEADER_BYTES ? view.getUint32(5, true) : -1;
    if (bytes[0] !== FORMAT || bytes.length !== HEADER_BYTES + BYTES_PER_TERM * count) {
      throw new RangeError(`These ${bytes.length} bytes are no passage terms of format ${FORMAT}`);
    }
    if (count > this.fingerprints.length) {
      this.fingerprints = new Float64Array(count);
      this.frequencies = new Uint8Array(count);
    }
    const { fingerprints, frequencies } = this;
    for (let index = 0, offset = HEADER_BYTES; index < count; index++, offset += BYTES_PER_TERM) {
      fingerprints[index] = view.getUint16(offset + 4, true) * TWO_TO_32 + view.getUint32(offset, true);
      frequencies[index] = view.getUint8(offset + 6);
    }
    return {
      fingerprints: fingerprints.subarray(0, count),
      frequencies: frequencies.subarray(0, count),
      length: view.getUint32(1, true),
    };
  }
}
