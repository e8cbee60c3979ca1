import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { isDeepStrictEqual } from "node:util";
import { type Problem, ServiceError } from "../../../../domain/errors.ts";
import type { SnapshotCheck } from "../../../../domain/ports/snapshot-port.ts";
import { FaissIndex } from "../engine/faiss-index.ts";
import { MIGRATIONS } from "../engine/schema.ts";
import { sumOf } from "./files.ts";
import { MANIFEST, type Manifest, RECORD, readManifest, snapshotOf } from "./manifest.ts";
import { factsOf, indexesOf, type NamedIndex, withRecord } from "./record.ts";

/**
 * Everything that is wrong with the snapshot. What is inside of a file is looked at only where its checksum is right: FAISS
 * may end the process over one that is torn. @throws ServiceError not-found
 */
export function verifySnapshot(directory: string): SnapshotCheck {
  if (!existsSync(directory)) throw new ServiceError("not-found", `There is no snapshot at ${directory}.`);
  const { manifest, problems } = readManifest(directory);
  if (manifest === undefined) return { problems, files: [] };
  const damaged = manifest.files.flatMap((file) => problemsOfFile(directory, file));
  const whole = new Set(manifest.files.map(({ name }) => name));
  for (const { field } of damaged) whole.delete(field);
  const inside = whole.has(RECORD) ? problemsOfRecord(directory, manifest, whole) : [];
  const all = [...problems, ...damaged, ...inside];
  const files = all.length > 0 ? [] : [...manifest.files, { name: MANIFEST, ...sumOf(join(directory, MANIFEST)) }];
  return { snapshot: snapshotOf(manifest), problems: all, files };
}

function problemsOfFile(directory: string, file: Manifest["files"][number]): readonly Problem[] {
  const { name: field, bytes, sha256 } = file;
  const path = join(directory, field);
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return [{ field, message: "is not there" }];
  const there = sumOf(path);
  if (there.bytes !== bytes) return [{ field, message: `has ${there.bytes} bytes, must have ${bytes}` }];
  return there.sha256 === sha256 ? [] : [{ field, message: "has another checksum than the manifest says" }];
}

function problemsOfRecord(directory: string, manifest: Manifest, whole: ReadonlySet<string>): readonly Problem[] {
  const refuse = (message: string): Problem => ({ field: RECORD, message });
  try {
    return withRecord(join(directory, RECORD), (record) => {
      const { record_format: format } = factsOf(record);
      if (format > MIGRATIONS.length) {
        const message = `is in format ${format}; this version of Pharos reads formats up to ${MIGRATIONS.length}`;
        return [refuse(message)];
      }
      return [
        ...integrity(record).map(refuse),
        ...differences(record, manifest).map(refuse),
        ...indexesOf(record).flatMap((index) => problemsOfIndex(directory, index, manifest, whole)),
      ];
    });
  } catch (error) {
    return [refuse(`cannot be read: ${error instanceof Error ? error.message : String(error)}`)];
  }
}

function integrity(record: DatabaseSync): readonly string[] {
  const rows = record.prepare("PRAGMA quick_check").all() as { quick_check: string }[];
  return rows.flatMap(({ quick_check: found }) => (found === "ok" ? [] : [found]));
}

/** What record and manifest say otherwise. */
function differences(record: DatabaseSync, manifest: Manifest): readonly string[] {
  return Object.entries(factsOf(record)).flatMap(([key, there]) => {
    const said = manifest[key as keyof Manifest];
    if (isDeepStrictEqual(said, there)) return [];
    return [`has ${key} ${JSON.stringify(there)}, the manifest says ${JSON.stringify(said)}`];
  });
}

function problemsOfIndex(
  directory: string,
  index: NamedIndex,
  manifest: Manifest,
  whole: ReadonlySet<string>,
): readonly Problem[] {
  const { name: field, sha256, kind, dimensions, passages } = index;
  const file = manifest.files.find(({ name }) => name === field);
  if (file === undefined) return [{ field, message: "is named by the record and not by the manifest" }];
  if (!whole.has(field)) return [];
  if (file.sha256 !== sha256) return [{ field, message: "has another checksum than the record says" }];
  const labels = Array.from({ length: passages.byteLength / Uint32Array.BYTES_PER_ELEMENT }, (_, label) => label);
  const opened = FaissIndex.read(join(directory, field), kind, dimensions, labels);
  return opened === undefined ? [{ field, message: "holds other vectors than the record says" }] : [];
}
