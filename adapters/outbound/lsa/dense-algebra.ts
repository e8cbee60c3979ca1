/** Dense matrices by rows in one typed array: element (row, column) stands at row * width + column. */

/**
 * `leftᵀ right`, width x width, of two matrices with as many rows of `width` numbers, where it is known to be symmetric:
 * only its lower triangle is worked out.
 */
export function symmetricProduct(left: Float32Array, right: Float32Array, width: number): Float64Array {
  const product = new Float64Array(width * width);
  const zeros = new Float32Array(width);
  const rowOf = (matrix: Float32Array, row: number) =>
    row * width < matrix.length ? matrix.subarray(row * width, (row + 1) * width) : zeros;
  // Four rows at once: the product is read and written a quarter as often.
  for (let row = 0; row * width < left.length; row += 4) {
    const [a, b, c, d] = [rowOf(left, row), rowOf(left, row + 1), rowOf(left, row + 2), rowOf(left, row + 3)];
    const [e, f, g, h] = [rowOf(right, row), rowOf(right, row + 1), rowOf(right, row + 2), rowOf(right, row + 3)];
    for (let line = 0; line < width; line++) {
      const [first, second, third, fourth] = [a[line]!, b[line]!, c[line]!, d[line]!];
      const start = line * width;
      for (let column = 0; column <= line; column++) {
        product[start + column]! += first * e[column]! + second * f[column]! + third * g[column]! + fourth * h[column]!;
      }
    }
  }
  for (let line = 0; line < width; line++) {
    for (let column = 0; column < line; column++) product[column * width + line] = product[line * width + column]!;
  }
  return product;
}

/** A column that the columns before it span up to this share of its squared length counts as dependent on them. */
const DEPENDENCE_TOLERANCE = 1e-11;

/** Lower triangle L with `LLᵀ` the Gram matrix; the row of a dependent column is 0 throughout. */
function choleskyFactor(gram: Float64Array, width: number): Float64Array {
  const factor = new Float64Array(width * width);
  for (let row = 0; row < width; row++) {
    const start = row * width;
    let rest = gram[start + row]!;
    for (let column = 0; column < row; column++) {
      const pivot = factor[column * width + column]!;
      if (pivot === 0) continue;
      let sum = gram[start + column]!;
      for (let index = 0; index < column; index++) sum -= factor[start + index]! * factor[column * width + index]!;
      factor[start + column] = sum / pivot;
      rest -= factor[start + column]! ** 2;
    }
    if (rest > DEPENDENCE_TOLERANCE * gram[start + row]!) factor[start + row] = Math.sqrt(rest);
    else factor.fill(0, start, start + row);
  }
  return factor;
}

/**
 * Makes the columns of a matrix orthonormal in place, and 0 where one depends on those before it: the Q of its QR
 * decomposition, by Cholesky of its Gram matrix, done twice (CholeskyQR2; Yamamoto, Nakatsukasa, Yanagisawa & Fukaya
 * 2015, Electronic Transactions on Numerical Analysis 44, 306-326).
 */
export function orthonormalize(matrix: Float32Array, width: number): void {
  for (let pass = 0; pass < 2; pass++) {
    const factor = choleskyFactor(symmetricProduct(matrix, matrix, width), width);
    for (let start = 0; start < matrix.length; start += width) solveRow(matrix, start, factor, width);
  }
}

/** Forward substitution for one row: q with `Lqᵀ` the row. */
function solveRow(matrix: Float32Array, start: number, factor: Float64Array, width: number): void {
  for (let column = 0; column < width; column++) {
    const begin = column * width;
    const pivot = factor[begin + column]!;
    let even = 0;
    let odd = 0;
    let index = 0;
    for (; index + 1 < column; index += 2) {
      even += factor[begin + index]! * matrix[start + index]!;
      odd += factor[begin + index + 1]! * matrix[start + index + 1]!;
    }
    if (index < column) even += factor[begin + index]! * matrix[start + index]!;
    matrix[start + column] = pivot === 0 ? 0 : (matrix[start + column]! - even - odd) / pivot;
  }
}

const MAX_SWEEPS = 30;
const ORTHOGONALITY = 1e-8;

/** Rotates two rows into orthogonality; false where they are orthogonal already. */
function rotate(matrix: Float64Array, width: number, one: number, other: number, floor: number): boolean {
  const left = matrix.subarray(one * width, (one + 1) * width);
  const right = matrix.subarray(other * width, (other + 1) * width);
  let [leftNorm, rightNorm, product] = [0, 0, 0];
  for (let index = 0; index < width; index++) {
    const [a, b] = [left[index]!, right[index]!];
    leftNorm += a * a;
    rightNorm += b * b;
    product += a * b;
  }
  if (Math.abs(product) <= ORTHOGONALITY * Math.sqrt(leftNorm * rightNorm) || leftNorm * rightNorm <= floor)
    return false;
  const zeta = (rightNorm - leftNorm) / (2 * product);
  const tangent = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
  const cosine = 1 / Math.sqrt(1 + tangent * tangent);
  const sine = cosine * tangent;
  for (let index = 0; index < width; index++) {
    const [a, b] = [left[index]!, right[index]!];
    left[index] = cosine * a - sine * b;
    right[index] = sine * a + cosine * b;
  }
  return true;
}

/**
 * Eigenvalues, largest first, and unit eigenvectors (by rows, in that order) of a symmetric matrix without negative
 * eigenvalues: one-sided Jacobi (Hestenes 1958). Rotations make its rows orthogonal; each then is an eigenvector times
 * its eigenvalue. An eigenvector of the eigenvalue 0 is 0.
 */
export function symmetricEigen(
  symmetric: Float64Array,
  width: number,
): { readonly values: Float64Array; readonly vectors: Float64Array } {
  const rows = symmetric.slice();
  let trace = 0;
  for (let index = 0; index < width; index++) trace += symmetric[index * width + index]!;
  const floor = (trace * 1e-15) ** 4;
  for (let sweep = 0, rotated = true; rotated && sweep < MAX_SWEEPS; sweep++) {
    rotated = false;
    for (let one = 0; one < width - 1; one++) {
      for (let other = one + 1; other < width; other++) if (rotate(rows, width, one, other, floor)) rotated = true;
    }
  }
  const norms = Array.from({ length: width }, (_, row) => Math.hypot(...rows.subarray(row * width, (row + 1) * width)));
  const order = norms.map((_, row) => row).sort((left, right) => norms[right]! - norms[left]! || left - right);
  const vectors = new Float64Array(width * width);
  for (const [rank, row] of order.entries()) {
    const norm = norms[row]!;
    for (let index = 0; index < width; index++) {
      vectors[rank * width + index] = norm > trace * 1e-15 ? rows[row * width + index]! / norm : 0;
    }
  }
  return { values: Float64Array.from(order, (row) => norms[row]!), vectors };
}
