const GIB = 1_024;

/**
 * Memory that Fargate has for a number of CPU units (1,024 are one core), in MiB, ascending: every pair for Linux.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
 */
export const FARGATE_MEMORY: ReadonlyMap<number, readonly number[]> = new Map([
  [256, [512, 1 * GIB, 2 * GIB]],
  [512, gibibytes(1, 4)],
  [1_024, gibibytes(2, 8)],
  [2_048, gibibytes(4, 16)],
  [4_096, gibibytes(8, 30)],
  [8_192, gibibytes(16, 60, 4)],
  [16_384, gibibytes(32, 120, 8)],
]);

function gibibytes(first: number, last: number, step = 1): readonly number[] {
  return Array.from({ length: (last - first) / step + 1 }, (_, index) => (first + index * step) * GIB);
}
