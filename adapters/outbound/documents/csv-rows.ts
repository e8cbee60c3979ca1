import { finished } from "node:stream/promises";
import { CsvError, Parser } from "csv-parse";

/** A row of a table: its values, or in one line why it and all after it cannot be read. */
export type CsvRow = {
  /** Where it starts, from 1. */
  readonly line: number;
} & (
  | { readonly values: readonly string[]; readonly broken?: never }
  | { readonly broken: string; readonly values?: never }
);

const DELIMITERS = [",", ";", "\t"] as const;
const LINE_BREAK = /\r\n|\n|\r/gu;

/**
 * The rows of a text of comma-separated values (RFC 4180), blank lines as rows with one empty value. The delimiter, where
 * none is given, is the one of comma, semicolon and tab that the first row has most of. A quote inside a field that does
 * not begin with one stands for itself. Never more than one row and one block of the text in memory.
 */
export async function* csvRows(
  texts: AsyncIterable<string>,
  delimiter: string | undefined,
  maxRowBytes: number,
): AsyncGenerator<CsvRow, void, undefined> {
  let parser: RowParser | undefined;
  let line = 1;
  const numbered = function* (rows: readonly (readonly string[])[]): Generator<CsvRow> {
    for (const values of rows) {
      yield { line, values };
      line += 1 + values.reduce((breaks, value) => breaks + lineBreaks(value), 0);
    }
  };
  try {
    for await (const text of texts) {
      parser ??= new RowParser(delimiter ?? delimiterOf(text), maxRowBytes);
      yield* numbered(await parser.push(text));
    }
    if (parser !== undefined) yield* numbered(await parser.end());
  } catch (error) {
    if (!(error instanceof CsvError) || parser === undefined) throw error;
    yield* numbered(parser.rest());
    yield { line, broken: reasonOf(error, maxRowBytes) };
  }
}

/** csv-parse, a block in and its whole rows out. */
class RowParser {
  private readonly parser: Parser;
  private rows: string[][] = [];

  constructor(delimiter: string, maxRowBytes: number) {
    this.parser = new Parser({
      delimiter,
      record_delimiter: ["\r\n", "\n", "\r"],
      max_record_size: maxRowBytes,
      relax_column_count: true,
      relax_quotes: true,
      on_record: (row: string[]) => {
        this.rows.push(row);
        return null;
      },
    });
    // A stream whose errors nobody hears ends the process; `push` and `end` report them.
    this.parser.on("error", () => undefined).resume();
  }

  async push(text: string): Promise<readonly (readonly string[])[]> {
    const written = Promise.withResolvers<void>();
    this.parser.write(text, (error) => (error ? written.reject(error) : written.resolve()));
    await written.promise;
    return this.rest();
  }

  async end(): Promise<readonly (readonly string[])[]> {
    const end = finished(this.parser);
    this.parser.end();
    await end;
    return this.rest();
  }

  /** Rows that were read and not given out yet. */
  rest(): readonly (readonly string[])[] {
    const { rows } = this;
    this.rows = [];
    return rows;
  }
}

function reasonOf({ code }: CsvError, maxRowBytes: number): string {
  switch (code) {
    case "CSV_QUOTE_NOT_CLOSED":
      return "A quote is opened in this row and never closed: neither it nor what follows can be read.";
    case "CSV_MAX_RECORD_SIZE":
      return `The row is too long, or a quote in it is never closed; at most ${maxRowBytes} bytes are allowed. What follows it cannot be read.`;
    default:
      return `The row and what follows it cannot be read (${code}).`;
  }
}

function lineBreaks(value: string): number {
  return /[\r\n]/u.test(value) ? (value.match(LINE_BREAK)?.length ?? 0) : 0;
}

/** What stands between quotes is not counted. */
function delimiterOf(text: string): string {
  const [firstRow = ""] = /^\s*(?:"[^"]*"|[^"\r\n])*/u.exec(text) ?? [];
  const unquoted = firstRow.replaceAll(/"[^"]*"/gu, "");
  const counts = DELIMITERS.map((delimiter) => unquoted.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ",";
}
