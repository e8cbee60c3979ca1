import { orthonormalize, symmetricEigen, symmetricProduct } from "./dense-algebra.ts";

/** A sparse matrix by rows: row r has `values[i]` in column `columns[i]` for i from `starts[r]` to `starts[r + 1]` - 1. */
export interface SparseMatrix {
  readonly rowCount: number;
  readonly columnCount: number;
  readonly starts: Uint32Array;
  readonly columns: Uint32Array;
  readonly values: Float32Array;
}

export interface TruncatedSvd {
  /** Largest first, all above 0. */
  readonly singularValues: Float64Array;
  /** The right singular vectors, one beside the other: shape `[columnCount][singularValues.length]`. */
  readonly right: Float32Array;
}

/** More directions than wanted make those that are wanted exact. */
const OVERSAMPLING = 16;
/** A singular value below this share of the largest is noise of the arithmetic. */
const NOISE = 1e-5;

/** `matrix` times `dense`, whose rows have `width` numbers. */
function multiply(matrix: SparseMatrix, dense: Float32Array, width: number): Float32Array {
  const { rowCount, starts, columns, values } = matrix;
  const product = new Float32Array(rowCount * width);
  for (let row = 0; row < rowCount; row++) {
    const target = row * width;
    const end = starts[row + 1]!;
    let entry = starts[row]!;
    // Four entries at once: the product is read and written a quarter as often.
    for (; entry + 3 < end; entry += 4) {
      const [a, b, c, d] = [values[entry]!, values[entry + 1]!, values[entry + 2]!, values[entry + 3]!];
      const [e, f] = [columns[entry]! * width, columns[entry + 1]! * width];
      const [g, h] = [columns[entry + 2]! * width, columns[entry + 3]! * width];
      for (let index = 0; index < width; index++) {
        product[target + index]! +=
          a * dense[e + index]! + b * dense[f + index]! + c * dense[g + index]! + d * dense[h + index]!;
      }
    }
    for (; entry < end; entry++) {
      const value = values[entry]!;
      const source = columns[entry]! * width;
      for (let index = 0; index < width; index++) product[target + index]! += value * dense[source + index]!;
    }
  }
  return product;
}

function transpose({ rowCount, columnCount, starts, columns, values }: SparseMatrix): SparseMatrix {
  const next = new Uint32Array(columnCount + 1);
  for (const column of columns) next[column + 1]! += 1;
  for (let column = 0; column < columnCount; column++) next[column + 1]! += next[column]!;
  const transposed = {
    rowCount: columnCount,
    columnCount: rowCount,
    starts: next.slice(),
    columns: new Uint32Array(columns.length),
    values: new Float32Array(values.length),
  };
  for (let row = 0; row < rowCount; row++) {
    for (let entry = starts[row]!; entry < starts[row + 1]!; entry++) {
      const place = next[columns[entry]!]!++;
      transposed.columns[place] = row;
      transposed.values[place] = values[entry]!;
    }
  }
  return transposed;
}

/** mulberry32 (Tommy Ettinger, public domain): numbers in (0, 1], the same ones for the same seed. */
function* uniformNumbers(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    yield (((mixed ^ (mixed >>> 14)) >>> 0) + 1) / 2 ** 32;
  }
}

/** Numbers of the standard normal distribution (Box & Muller 1958): in general position, however few they are. */
function normalNumbers(length: number, seed: number): Float32Array {
  const uniform = uniformNumbers(seed);
  const numbers = new Float32Array(length);
  for (let index = 0; index < length; index += 2) {
    const radius = Math.sqrt(-2 * Math.log(uniform.next().value));
    const angle = 2 * Math.PI * uniform.next().value;
    numbers[index] = radius * Math.cos(angle);
    if (index + 1 < length) numbers[index + 1] = radius * Math.sin(angle);
  }
  return numbers;
}

/** Every row of `dense` times the transpose of the first `height` rows of `rotation`. */
function rotateRows(dense: Float32Array, width: number, rotation: Float64Array, height: number): Float32Array {
  const rows = dense.length / width;
  const rotated = new Float32Array(rows * height);
  for (let row = 0; row < rows; row++) {
    for (let rank = 0; rank < height; rank++) {
      let [even, odd] = [0, 0];
      let index = 0;
      for (; index + 1 < width; index += 2) {
        even += dense[row * width + index]! * rotation[rank * width + index]!;
        odd += dense[row * width + index + 1]! * rotation[rank * width + index + 1]!;
      }
      if (index < width) even += dense[row * width + index]! * rotation[rank * width + index]!;
      rotated[row * height + rank] = even + odd;
    }
  }
  return rotated;
}

/**
 * The largest singular values of a sparse matrix and their right singular vectors: at most `rank`, fewer where the matrix
 * has fewer. Randomised, with subspace iteration, orthonormalised at each step (Halko, Martinsson & Tropp 2011,
 * algorithms 4.4 and 5.3, https://arxiv.org/abs/0909.4061); deterministic for a seed. The work grows with
 * (entries + rows * rank) * rank: all that is dense has the height of the rows.
 */
export function truncatedSvd(
  matrix: SparseMatrix,
  { rank, powerIterations, seed }: { readonly rank: number; readonly powerIterations: number; readonly seed: number },
): TruncatedSvd {
  const width = Math.min(rank + OVERSAMPLING, matrix.rowCount, matrix.columnCount);
  const transposed = transpose(matrix);
  let image = multiply(matrix, normalNumbers(matrix.columnCount * width, seed), width);
  let range = image;
  for (let iteration = 0; iteration <= powerIterations; iteration++) {
    range = image;
    orthonormalize(range, width);
    image = multiply(matrix, multiply(transposed, range, width), width);
  }
  const { values, vectors } = symmetricEigen(symmetricProduct(range, image, width), width);
  const least = NOISE * NOISE * (values[0] ?? 0);
  const singularValues = values
    .subarray(0, rank)
    .filter((value) => value > least)
    .map(Math.sqrt);
  const count = singularValues.length;
  const right = multiply(transposed, rotateRows(range, width, vectors, count), count);
  for (let entry = 0; entry < right.length; entry++) right[entry]! /= singularValues[entry % count]!;
  return { singularValues, right };
}
