import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Problem } from "../../../../domain/errors.ts";
import type { Snapshot } from "../../../../domain/ports/snapshot-port.ts";

export const MANIFEST = "manifest.json";
export const RECORD = "corpus.sqlite";

const count = z.int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/u);

const manifestBody = z.strictObject({
  /** Of the directory; another number is another layout. */
  format: z.literal(1),
  engine: z.literal("faiss"),
  created_at: z.iso.datetime(),
  /** Version of Pharos that made it. */
  pharos: z.string(),
  corpus: z.string(),
  generation: count,
  /** Format of the SQLite record. */
  record_format: z.int().min(1),
  /** Version of the analyzer. */
  analyzer: count,
  /** Null where nothing had been embedded yet. */
  embedder: z
    .strictObject({ kind: z.enum(["fixed", "learned"]), name: z.string(), dimensions: z.int().min(1) })
    .nullable(),
  documents: count,
  passages: count,
  vectors: count,
  files: z
    .array(
      z.strictObject({
        name: z.string().regex(/^(corpus\.sqlite|vectors-[0-9a-z-]+\.faiss)$/u),
        bytes: count,
        sha256,
      }),
    )
    .refine((files) => new Set(files.map(({ name }) => name)).size === files.length, "must not name a file twice")
    .refine((files) => files.some(({ name }) => name === RECORD), `must name ${RECORD}`),
});

const manifestSchema = manifestBody.extend({ sha256 });

export type ManifestBody = z.output<typeof manifestBody>;
export type Manifest = z.output<typeof manifestSchema>;

export type ReadManifest =
  | { readonly manifest: Manifest; readonly problems: readonly Problem[] }
  | { readonly manifest?: never; readonly problems: readonly Problem[] };

/** The manifest's file: the body and a checksum over it. */
export function manifestText(body: ManifestBody): string {
  return textOf({ ...body, sha256: checksumOf(body) });
}

/** Reads the manifest, with all that is wrong with it. One that was changed is read as it stands, where it still is one. */
export function readManifest(directory: string): ReadManifest {
  const refuse = (message: string) => ({ problems: [{ field: MANIFEST, message }] });
  let text: string;
  try {
    text = readFileSync(join(directory, MANIFEST), "utf8");
  } catch (error) {
    return refuse(`cannot be read (${error instanceof Error && "code" in error ? error.code : "unknown"})`);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refuse("is not JSON");
  }
  const parsed = manifestSchema.safeParse(json);
  if (!parsed.success) {
    return {
      problems: parsed.error.issues.map(({ path, message }) => ({
        field: MANIFEST,
        message: `${path.join(".") || "the whole"}: ${message}`,
      })),
    };
  }
  const manifest = parsed.data;
  const { sha256: said, ...body } = manifest;
  const isWhole = said === checksumOf(body) && text === textOf(manifest);
  return { manifest, ...(isWhole ? { problems: [] } : refuse("was changed after it was written")) };
}

/** What the manifest says, in the port's words. */
export function snapshotOf(manifest: ManifestBody): Snapshot {
  const {
    created_at: createdAt,
    corpus,
    generation,
    analyzer,
    documents,
    passages,
    vectors,
    embedder,
    files,
  } = manifest;
  return {
    createdAt,
    corpus,
    generation,
    ...(embedder === null ? {} : { embedder: { name: embedder.name, dimensions: embedder.dimensions } }),
    analyzer,
    documents,
    passages,
    vectors,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

function textOf(manifest: Manifest): string {
  return `${JSON.stringify(ordered(manifest), null, 2)}\n`;
}

function checksumOf(body: ManifestBody): string {
  return createHash("sha256")
    .update(JSON.stringify(ordered(body)))
    .digest("hex");
}

/** Keys in the schema's order, so that the same manifest has the same text whoever wrote it. */
function ordered(manifest: ManifestBody): unknown {
  return manifestSchema.partial({ sha256: true }).parse(manifest);
}
