/**
 * Which fields of a row, in a table or a JSONL file, become what of its document. Each that is left out has its default;
 * a field that is named here must be there.
 */
export interface FieldMapping {
  /** Default: `id`, else `_id`; a row with neither has its file and line as its id. */
  readonly id?: string;
  /** Default: `title`. */
  readonly title?: string;
  /** One or more, joined by an empty line in this order. Default: `text`. Where they are empty, the title is the text. */
  readonly text?: readonly string[];
  /** Default: `uri`, else `url`; a row with neither has its file's path as its uri. */
  readonly uri?: string;
  /** [] for none. Default: every field that is nothing else. */
  readonly metadata?: readonly string[];
}
