import { closeSync, copyFileSync, fsyncSync, openSync, statSync } from "node:fs";
import { checksumOfFile } from "../engine/index-files.ts";

/** What tells a file's content. */
export interface FileSum {
  readonly bytes: number;
  /** SHA-256 in hexadecimal digits. */
  readonly sha256: string;
}

export function sumOf(path: string): FileSum {
  return { bytes: statSync(path).size, sha256: checksumOfFile(path) };
}

/** Copies a file into a new one that is on disk when this returns. */
export function copyDurably(from: string, to: string): void {
  copyFileSync(from, to);
  syncFile(to);
}

/** Has the file's content on disk. No SQLite connection of this process may have it open: closing drops its locks. */
export function syncFile(path: string): void {
  const file = openSync(path, "r+");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
