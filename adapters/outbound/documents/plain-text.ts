import { decodeText } from "./decode-text.ts";
import type { FileContent } from "./file-content.ts";

/** Plain text as it stands: no line of it is a heading. @throws UnreadableError binary or wrongly encoded bytes */
export function parsePlainText(bytes: Uint8Array): FileContent {
  const text = decodeText(bytes);
  return { text, sections: [{ start: 0, end: text.length, path: [] }] };
}
