import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ServiceError } from "../../../../domain/errors.ts";

/** File of a corpus that names the folder of its content; written anew, whole, by each restore. */
const POINTER = "current";
const CONTENT_NAME = /^content-[0-9a-f-]{36}$/u;
/** In a folder that no corpus has named yet; what it once named has lost it, or is named now. */
export const INCOMPLETE = "incomplete";

/** What a corpus holds now: the record and the index files in one folder. A restore gives the corpus another content. */
export interface Content {
  /** Unlike that of any other content of the corpus, before or after; "" for the one that the corpus began with, in its own folder. */
  readonly name: string;
  readonly directory: string;
  /** Whether the corpus still names it. A content that it names no more is never named again. */
  isCurrent(): boolean;
}

/** The corpus has another content by now: nothing was written, do it again there. */
export class Superseded extends Error {
  override readonly name = "Superseded";
}

/** The space or content that a request names is not there any more. */
export class SpaceGone extends Error {
  override readonly name = "SpaceGone";
}

/** The content that the corpus names now. @throws ServiceError storage-failed where what names it was damaged */
export function currentContent(corpus: string): Content {
  return contentOf(corpus, currentName(corpus));
}

/** The content of this name, whether the corpus names it or not. */
export function contentOf(corpus: string, name: string): Content {
  return { name, directory: join(corpus, name), isCurrent: () => currentName(corpus) === name };
}

/** Whether it is the name of a folder that holds or held a content. */
export function isContentName(name: string): boolean {
  return CONTENT_NAME.test(name);
}

/**
 * Names another content, in one step that a crash or a power cut leaves done or undone. Whoever does this has the lock of
 * the record that was current; whoever writes into a record asks, under its lock, whether it is current.
 */
export function nameContent(corpus: string, name: string): void {
  const temporary = join(corpus, `${POINTER}.tmp`);
  writeFileSync(temporary, `${name}\n`, { flush: true });
  renameSync(temporary, join(corpus, POINTER));
  syncFolder(corpus);
}

/** Has the folder's entries on disk. */
export function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function currentName(corpus: string): string {
  const path = join(corpus, POINTER);
  if (!existsSync(path)) return "";
  const name = readFileSync(path, "utf8").trim();
  if (isContentName(name)) return name;
  throw new ServiceError("storage-failed", `The file ${POINTER} of the corpus names no content: restore a snapshot.`);
}
