import type { SnapshotFile } from "../domain/ports/snapshot-port.ts";

/** A version of a published snapshot, as the store describes it. */
export interface SnapshotVersion {
  readonly version: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** Corpus that it was made of. */
  readonly corpus: string;
  readonly documents: number;
  readonly passages: number;
  readonly files: readonly SnapshotFile[];
}

const FORMAT = 1;
const VERSION = /^\d{8}T\d{6}Z-[0-9a-f]{12}$/u;
/** No way out of the directory that the files are written into. */
const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/u;
const SHA256 = /^[0-9a-f]{64}$/u;

/** Whether a text can be the name of a version at all. */
function isVersion(text: unknown): text is string {
  return typeof text === "string" && VERSION.test(text);
}

export function pointerText(version: string): string {
  return `${JSON.stringify({ format: FORMAT, version })}\n`;
}

/** The version that a pointer names; undefined where the text is no pointer. */
export function parsePointer(text: string): string | undefined {
  const { format, version } = objectOf(text);
  return format === FORMAT && isVersion(version) ? version : undefined;
}

export function versionText({ createdAt, ...rest }: SnapshotVersion): string {
  return `${JSON.stringify({ format: FORMAT, created_at: createdAt, ...rest }, null, 2)}\n`;
}

/** What a version's description says; undefined where the text is none. */
export function parseVersion(text: string): SnapshotVersion | undefined {
  const { format, version, created_at: createdAt, corpus, documents, passages, files } = objectOf(text);
  if (format !== FORMAT || !isVersion(version) || typeof createdAt !== "string" || typeof corpus !== "string")
    return undefined;
  if (!isCount(documents) || !isCount(passages) || !Array.isArray(files) || !files.every(isFile)) return undefined;
  const isTwice = new Set(files.map(({ name }) => name)).size < files.length;
  return isTwice ? undefined : { version, createdAt, corpus, documents, passages, files };
}

function isFile(value: unknown): value is SnapshotFile {
  if (typeof value !== "object" || value === null) return false;
  const { name, bytes, sha256 } = value as Readonly<Record<string, unknown>>;
  return (
    typeof name === "string" &&
    FILE_NAME.test(name) &&
    isCount(bytes) &&
    typeof sha256 === "string" &&
    SHA256.test(sha256)
  );
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}
