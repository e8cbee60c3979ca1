import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { orthonormalize, symmetricEigen, symmetricProduct } from "../../../adapters/outbound/lsa/dense-algebra.ts";
import { type SparseMatrix, truncatedSvd } from "../../../adapters/outbound/lsa/svd.ts";

const OPTIONS = { powerIterations: 2, seed: 7 };

function sparse(rows: readonly (readonly number[])[]): SparseMatrix {
  const starts = [0];
  const columns: number[] = [];
  const values: number[] = [];
  for (const row of rows) {
    for (const [column, value] of row.entries()) {
      if (value === 0) continue;
      columns.push(column);
      values.push(value);
    }
    starts.push(values.length);
  }
  return {
    rowCount: rows.length,
    columnCount: rows[0]?.length ?? 0,
    starts: Uint32Array.from(starts),
    columns: Uint32Array.from(columns),
    values: Float32Array.from(values),
  };
}

/** A matrix of the given height and width, four in ten of its numbers 0. */
const matrices = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 })).chain(([height, width]) => {
  const number = fc.oneof(
    { weight: 4, arbitrary: fc.constant(0) },
    { weight: 6, arbitrary: fc.integer({ min: -9, max: 9 }) },
  );
  return fc.array(fc.array(number, { minLength: width, maxLength: width }), { minLength: height, maxLength: height });
});

const dot = (left: readonly number[], right: readonly number[]): number =>
  left.reduce((sum, value, index) => sum + value * (right[index] ?? 0), 0);

describe("truncatedSvd", () => {
  it("finds the singular values of a diagonal matrix, largest first", () => {
    const { singularValues, right } = truncatedSvd(
      sparse([
        [0, 2, 0],
        [5, 0, 0],
        [0, 0, 1],
      ]),
      { rank: 2, ...OPTIONS },
    );
    expect([...singularValues]).toEqual([expect.closeTo(5, 5), expect.closeTo(2, 5)]);
    expect([...right].map(Math.abs)).toEqual([1, 0, 0, 1, 0, 0].map((value) => expect.closeTo(value, 3)));
  });

  it("gives as many as the matrix has where fewer than wanted", () => {
    const once = [1, 2, 3];
    expect(truncatedSvd(sparse([once, once, once]), { rank: 3, ...OPTIONS }).singularValues).toHaveLength(1);
    expect(
      truncatedSvd(
        sparse([
          [0, 0],
          [0, 0],
        ]),
        { rank: 2, ...OPTIONS },
      ).singularValues,
    ).toHaveLength(0);
    expect(truncatedSvd(sparse([]), { rank: 2, ...OPTIONS }).singularValues).toHaveLength(0);
  });

  it("gives orthonormal vectors v with AᵀAv = s²v that rebuild the whole matrix at full rank", () => {
    fc.assert(
      fc.property(matrices, (rows) => {
        const width = rows[0]?.length ?? 0;
        const { singularValues, right } = truncatedSvd(sparse(rows), { rank: width, ...OPTIONS });
        const count = singularValues.length;
        const vectors = [...singularValues.keys()].map((rank) =>
          Array.from({ length: width }, (_, column) => right[column * count + rank] ?? 0),
        );
        for (const [one, vector] of vectors.entries()) {
          for (const [other, another] of vectors.entries()) {
            expect(Math.abs(dot(vector, another) - (one === other ? 1 : 0))).toBeLessThan(1e-3);
          }
        }
        for (const row of rows) {
          const shares = vectors.map((vector) => dot(row, vector));
          const rebuilt = row.map((_, column) =>
            shares.reduce((sum, share, rank) => sum + share * (vectors[rank]?.[column] ?? 0), 0),
          );
          for (const [column, value] of row.entries())
            expect(Math.abs(value - (rebuilt[column] ?? 0))).toBeLessThan(5e-3);
        }
        for (const [rank, vector] of vectors.entries()) {
          const image = rows.map((row) => dot(row, vector));
          expect(Math.sqrt(dot(image, image))).toBeCloseTo(singularValues[rank] ?? 0, 2);
        }
      }),
    );
  });

  it("captures the best part of a large matrix of decaying spectrum", () => {
    const height = 300;
    const width = 200;
    const wave = (row: number, rank: number) => Math.cos(((row + 0.5) * rank * Math.PI) / height);
    const other = (column: number, rank: number) => Math.cos(((column + 0.5) * rank * Math.PI) / width);
    const rows = Array.from({ length: height }, (_, row) =>
      Array.from({ length: width }, (_, column) => {
        let value = 0;
        for (let rank = 1; rank <= 60; rank++) value += 0.9 ** rank * wave(row, rank) * other(column, rank);
        return value;
      }),
    );
    const { singularValues } = truncatedSvd(sparse(rows), { rank: 20, powerIterations: 1, seed: 1 });
    const scale = Math.sqrt((height / 2) * (width / 2));
    for (const [rank, value] of singularValues.entries()) {
      expect(value / (scale * 0.9 ** (rank + 1))).toBeCloseTo(1, 2);
    }
  });

  it("gives the same for the same seed", () => {
    const matrix = sparse(
      Array.from({ length: 40 }, (_, row) => Array.from({ length: 50 }, (_, column) => ((row * column) % 7) - 3)),
    );
    const first = truncatedSvd(matrix, { rank: 5, ...OPTIONS });
    expect(truncatedSvd(matrix, { rank: 5, ...OPTIONS })).toEqual(first);
  });
});

describe("symmetricProduct", () => {
  it("multiplies the transpose with the matrix, whatever the number of rows", () => {
    for (const height of [0, 1, 3, 4, 5, 9]) {
      const rows = Array.from({ length: height }, (_, row) => [row + 1, 2 * row - 3, row % 2]);
      const product = symmetricProduct(Float32Array.from(rows.flat()), Float32Array.from(rows.flat()), 3);
      const expected = [0, 1, 2].flatMap((left) =>
        [0, 1, 2].map((right) => rows.reduce((sum, row) => sum + (row[left] ?? 0) * (row[right] ?? 0), 0)),
      );
      expect([...product]).toEqual(expected);
    }
  });
});

describe("orthonormalize", () => {
  it("makes columns orthonormal and a dependent one zero", () => {
    const matrix = Float32Array.from([1, 2, 0, 1, 2, 1, 0, 0, 3, 1, 2, 5]);
    orthonormalize(matrix, 3);
    const product = symmetricProduct(matrix, matrix, 3);
    expect([...product]).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 1].map((value) => expect.closeTo(value, 5)));
  });
});

describe("symmetricEigen", () => {
  it("gives eigenvalues, largest first, with their unit eigenvectors", () => {
    const { values, vectors } = symmetricEigen(Float64Array.from([2, 1, 0, 1, 2, 0, 0, 0, 5]), 3);
    expect([...values]).toEqual([5, 3, 1].map((value) => expect.closeTo(value, 9)));
    const half = Math.SQRT1_2;
    expect([...vectors].map(Math.abs)).toEqual(
      [0, 0, 1, half, half, 0, half, half, 0].map((value) => expect.closeTo(value, 7)),
    );
  });

  it("gives the eigenvector of a zero eigenvalue as zeros", () => {
    const { values, vectors } = symmetricEigen(Float64Array.from([1, 1, 1, 1]), 2);
    expect([...values]).toEqual([expect.closeTo(2, 9), expect.closeTo(0, 9)]);
    expect([...vectors.subarray(2)]).toEqual([0, 0]);
  });
});
