import { basename, extname } from "node:path";
import { programmingLanguage } from "./code-languages.ts";
import { codeSections } from "./code-sections.ts";
import { decodeText } from "./decode-text.ts";
import type { FileContent } from "./file-content.ts";

/**
 * A file of code as it stands, with its name as title, the declarations that its lines stand in as the sections' paths,
 * and `programming_language` as metadata. @throws UnreadableError binary or wrongly encoded bytes
 */
export function parseCode(bytes: Uint8Array, path: string): FileContent {
  const text = decodeText(bytes);
  const language = programmingLanguage(extname(path).toLowerCase());
  return {
    title: basename(path),
    text,
    sections: codeSections(text),
    ...(language === undefined ? {} : { metadata: { programming_language: language } }),
  };
}
