import { randomNumbers } from "../../support/vectors.ts";

/** Directions in which the vectors vary, clusters that they gather in, and how far they stray within one. */
const INTRINSIC_DIMENSIONS = 36;
const CLUSTERS = 1_000;
const SPREAD_IN_CLUSTER = 0.7;
/** Length of what is left outside of these directions, against the rest of the vector. */
const NOISE = 0.1;

/**
 * Unit vectors as embeddings lie: in clusters of a space of 36 dimensions, laid linearly into all dimensions, with some
 * noise around it. Uniform noise would have no near neighbours to find. The same vectors for the same seed.
 */
export class SyntheticVectors {
  private readonly dimensions: number;
  private readonly random: () => number;
  private readonly basis: readonly Float32Array[];
  private readonly centres: readonly Float32Array[];

  constructor(dimensions: number, seed: number) {
    this.dimensions = dimensions;
    this.random = randomNumbers(seed);
    this.basis = Array.from({ length: INTRINSIC_DIMENSIONS }, () =>
      this.normals(dimensions, 1 / Math.sqrt(dimensions)),
    );
    this.centres = Array.from({ length: CLUSTERS }, () => this.normals(INTRINSIC_DIMENSIONS, 1));
  }

  next(): Float32Array {
    const centre = this.centres[Math.floor(this.random() * CLUSTERS)] ?? new Float32Array(INTRINSIC_DIMENSIONS);
    const noise = (NOISE * Math.sqrt(INTRINSIC_DIMENSIONS)) / Math.sqrt(this.dimensions);
    const vector = this.normals(this.dimensions, noise);
    for (const [index, direction] of this.basis.entries()) {
      const along = (centre[index] ?? 0) + SPREAD_IN_CLUSTER * this.normal();
      for (let at = 0; at < this.dimensions; at++) vector[at]! += along * direction[at]!;
    }
    const length = Math.sqrt(vector.reduce((sum, number) => sum + number * number, 0));
    return vector.map((number) => number / length);
  }

  private normals(count: number, deviation: number): Float32Array {
    return Float32Array.from({ length: count }, () => deviation * this.normal());
  }

  /** About normal, of deviation 1: the sum of three uniform numbers, which is quick to draw. */
  private normal(): number {
    return 2 * (this.random() + this.random() + this.random() - 1.5);
  }
}
