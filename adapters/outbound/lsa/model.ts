import { ServiceError } from "../../../domain/errors.ts";
import { ANALYZER_VERSION } from "../../../domain/text/analyzer.ts";
import { countTerms, type TermCounts, Vocabulary } from "./vocabulary.ts";

/** "PLSA", format 1; then, 32 bits each, little-endian: analyzer, dimensions, terms, checksum, nothing. */
const MAGIC = 0x41534c50;
const FORMAT = 1;
const HEADER_BYTES = 32;
const MOST = 127;

/**
 * A space learned from a sample of texts by latent semantic analysis: a text's vector is the sum of its terms' vectors,
 * each by its weight, at unit length. Terms that the sample did not have count for nothing.
 */
export class LsaModel {
  /** The sample's rank where that is below what was asked for, at least 1. */
  readonly dimensions: number;
  private readonly vocabulary: Vocabulary;
  /** Shape `[terms][dimensions]`, 8 bits a number, each term's to be multiplied by its scale. */
  private readonly termVectors: Int8Array;
  private readonly scales: Float32Array;

  constructor(vocabulary: Vocabulary, dimensions: number, termVectors: Int8Array, scales: Float32Array) {
    this.vocabulary = vocabulary;
    this.dimensions = dimensions;
    this.termVectors = termVectors;
    this.scales = scales;
  }

  /** Rounds the vectors of all terms, shape `[terms][dimensions]`, to 8 bits: no collection measured tells the difference. */
  static of(vocabulary: Vocabulary, dimensions: number, termVectors: Float32Array): LsaModel {
    const rounded = new Int8Array(termVectors.length);
    const scales = new Float32Array(vocabulary.size);
    for (let term = 0; term < vocabulary.size; term++) {
      const start = term * dimensions;
      let largest = 0;
      for (let index = 0; index < dimensions; index++)
        largest = Math.max(largest, Math.abs(termVectors[start + index]!));
      if (largest === 0) continue;
      scales[term] = largest / MOST;
      for (let index = 0; index < dimensions; index++) {
        rounded[start + index] = Math.round((termVectors[start + index]! / largest) * MOST);
      }
    }
    return new LsaModel(vocabulary, dimensions, rounded, scales);
  }

  /** The unit vector of a text; zeros where the model knows none of its terms. */
  embed(text: string): Float32Array {
    return this.embedTerms(countTerms(text));
  }

  private embedTerms(counts: TermCounts): Float32Array {
    const { dimensions, termVectors } = this;
    const sum = new Float64Array(dimensions);
    for (const [term, weight] of this.vocabulary.weigh(counts)) {
      const factor = weight * (this.scales[term] ?? 0);
      const start = term * dimensions;
      for (let index = 0; index < dimensions; index++) sum[index]! += factor * termVectors[start + index]!;
    }
    let squares = 0;
    for (const number of sum) squares += number * number;
    const length = Math.sqrt(squares);
    return Float32Array.from(sum, (number) => (length > 0 ? number / length : 0));
  }

  toBytes(): Uint8Array<ArrayBuffer> {
    const { vocabulary, dimensions, termVectors, scales } = this;
    const parts = [vocabulary.fingerprints, vocabulary.weights, scales, termVectors];
    const bytes = new Uint8Array(HEADER_BYTES + parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
    let offset = HEADER_BYTES;
    for (const { buffer, byteOffset, byteLength } of parts) {
      bytes.set(new Uint8Array(buffer, byteOffset, byteLength), offset);
      offset += byteLength;
    }
    new Uint32Array(bytes.buffer, 0, 7).set([
      MAGIC,
      FORMAT,
      ANALYZER_VERSION,
      dimensions,
      vocabulary.size,
      checksum(bytes.subarray(HEADER_BYTES)),
      0,
    ]);
    return bytes;
  }

  /** @throws ServiceError storage-failed for bytes that are no model, are damaged, or are of another version */
  static parse(bytes: Uint8Array): LsaModel {
    // A copy stands at a multiple of 8 in its buffer, which the numbers need.
    const { buffer } = new Uint8Array(bytes);
    if (buffer.byteLength < HEADER_BYTES) throw unreadable("it is cut short");
    const [magic, format, analyzer, dimensions = 0, terms = 0, sum] = new Uint32Array(buffer, 0, 7);
    if (magic !== MAGIC) throw unreadable("the bytes are none");
    if (format !== FORMAT || analyzer !== ANALYZER_VERSION) throw unreadable("it is of another version");
    if (buffer.byteLength !== HEADER_BYTES + terms * (16 + dimensions)) throw unreadable("its length is wrong");
    if (checksum(new Uint8Array(buffer, HEADER_BYTES)) !== sum) throw unreadable("it is damaged");
    const vocabulary = new Vocabulary(
      new Float64Array(buffer, HEADER_BYTES, terms),
      new Float32Array(buffer, HEADER_BYTES + 8 * terms, terms),
    );
    const scales = new Float32Array(buffer, HEADER_BYTES + 12 * terms, terms);
    return new LsaModel(vocabulary, dimensions, new Int8Array(buffer, HEADER_BYTES + 16 * terms), scales);
  }
}

function unreadable(reason: string): ServiceError {
  return new ServiceError("storage-failed", `The LSA model cannot be read: ${reason}.`);
}

/** FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/). */
function checksum(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < bytes.length; index++) hash = Math.imul(hash ^ bytes[index]!, 0x01000193);
  return hash >>> 0;
}
