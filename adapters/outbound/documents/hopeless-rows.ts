import type { ReadFailure } from "../../../domain/ports/document-reader-port.ts";
import { type FilePart, UnreadableError } from "./file-content.ts";

/** Rows that are broken before the first that is not; with more the file is not what it seems, and is given up. */
const MAX_BROKEN_AT_FIRST = 20;

/**
 * The results of a file of rows as they are, failures before the first document once that has come: a file that begins
 * with many broken rows costs one line, whatever its length. @throws UnreadableError such a file, and what the results throw
 */
export async function* unlessHopeless(
  results: AsyncIterable<FilePart>,
  path: string,
): AsyncGenerator<FilePart, void, undefined> {
  const held: ReadFailure[] = [];
  let isHopeful = false;
  try {
    for await (const result of results) {
      if (isHopeful || result.failure === undefined) {
        yield* held.splice(0).map((failure) => ({ failure }));
        isHopeful = true;
        yield result;
      } else {
        held.push(result.failure);
        if (held.length > MAX_BROKEN_AT_FIRST) throw hopeless(held.splice(0), path);
      }
    }
  } catch (error) {
    yield* held.map((failure) => ({ failure }));
    throw error;
  }
  yield* held.map((failure) => ({ failure }));
}

function hopeless(failures: readonly ReadFailure[], path: string): UnreadableError {
  const [first] = failures;
  const line = first?.source.slice(path.length + 1);
  return new UnreadableError(
    `Its first ${failures.length} rows are all broken, and no other was read. Line ${line}: ${first?.reason}`,
  );
}
