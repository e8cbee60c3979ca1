import { type Problem, ServiceError } from "../domain/errors.ts";
import type { ObjectStorePort } from "../domain/ports/object-store-port.ts";
import type { SnapshotCheck, SnapshotFile } from "../domain/ports/snapshot-port.ts";
import { parsePointer, parseVersion, pointerText, type SnapshotVersion, versionText } from "./published-version.ts";

const POINTER = "latest.json";
const VERSIONS = "versions";
const DESCRIPTION = "version.json";

/** The version that counts, and the state of what names it. */
export interface Latest {
  readonly version: string;
  /** For the next look. */
  readonly tag: string;
}

/**
 * Snapshots in a store: each a version under a name of its own that is never written again, and one small object that names
 * the version that counts, put last. Whoever follows sees the former version or the new one, wholly.
 */
export class PublishedSnapshots {
  private readonly store: ObjectStorePort;

  constructor(store: ObjectStorePort) {
    this.store = store;
  }

  /**
   * Puts the snapshot of this directory as a version, and returns its name; nobody follows it yet. What was put before under
   * the same name is the same, and stays. `onProgress` gets the share of the bytes that is put, in [0, 1], never falling.
   * @throws ServiceError invalid-request (`problems` lists all that is wrong with the snapshot); what ObjectStorePort.putFile throws
   */
  async put(
    directory: string,
    { snapshot, files, problems }: SnapshotCheck,
    signal: AbortSignal,
    onProgress: (share: number) => void = () => undefined,
  ): Promise<string> {
    if (snapshot === undefined || problems.length > 0 || files.length === 0) throw damaged(directory, problems);
    const version = versionOf(snapshot.createdAt, files);
    const key = `${VERSIONS}/${version}`;
    if ((await this.store.getText(`${key}/${DESCRIPTION}`, undefined, signal)) !== undefined) return version;
    const whole = files.reduce((sum, { bytes }) => sum + bytes, 0);
    let done = 0;
    for (const { name, ...file } of files) {
      await this.store.putFile(`${key}/${name}`, { path: `${directory}/${name}`, ...file }, signal);
      done += file.bytes;
      onProgress(done / whole);
    }
    const { createdAt, corpus, documents, passages } = snapshot;
    const text = versionText({ version, createdAt, corpus, documents, passages, files });
    await this.store.putText(`${key}/${DESCRIPTION}`, text, signal);
    return version;
  }

  /** Has this version count from now on. @throws ServiceError not-found (names the versions there are); what ObjectStorePort throws */
  async use(version: string, signal: AbortSignal): Promise<SnapshotVersion> {
    const found = await this.describe(version, signal);
    if (found === undefined) {
      const supported = await this.versions(signal);
      throw new ServiceError("not-found", `There is no version ${version} at ${this.store.url}.`, { supported });
    }
    await this.store.putText(POINTER, pointerText(version), signal);
    return found;
  }

  /**
   * The version that counts; undefined where nothing is published, `unchanged` where its tag is still `known`.
   * @throws ServiceError what ObjectStorePort.getText throws, vendor-reply-invalid also for what no publisher writes
   */
  async latest(known: string | undefined, signal: AbortSignal): Promise<Latest | "unchanged" | undefined> {
    const found = await this.store.getText(POINTER, known, signal);
    if (found === undefined || found === "unchanged") return found;
    const version = parsePointer(found.text);
    if (version === undefined) throw this.foreign(POINTER);
    return { version, tag: found.tag };
  }

  /**
   * Writes the files of a version into a directory that is empty. Their sizes are checked, their content is not: a restore does that.
   * @throws ServiceError not-found (the version, or a file of it); what ObjectStorePort.getFile throws
   */
  async get(version: string, directory: string, signal: AbortSignal): Promise<SnapshotVersion> {
    const found = await this.describe(version, signal);
    if (found === undefined)
      throw new ServiceError("not-found", `There is no version ${version} at ${this.store.url}.`);
    for (const { name, bytes } of found.files)
      await this.store.getFile(`${VERSIONS}/${version}/${name}`, { path: `${directory}/${name}`, bytes }, signal);
    return found;
  }

  /** Names of all versions, oldest first, also of those whose files are not all there yet. @throws ServiceError what ObjectStorePort.list throws */
  versions(signal: AbortSignal): Promise<readonly string[]> {
    return this.store.list(VERSIONS, signal);
  }

  private async describe(version: string, signal: AbortSignal): Promise<SnapshotVersion | undefined> {
    const key = `${VERSIONS}/${version}/${DESCRIPTION}`;
    const found = await this.store.getText(key, undefined, signal);
    if (found === undefined || found === "unchanged") return undefined;
    const described = parseVersion(found.text);
    if (described?.version !== version) throw this.foreign(key);
    return described;
  }

  private foreign(key: string): ServiceError {
    return new ServiceError("vendor-reply-invalid", `${this.store.url}/${key} is nothing that Pharos has written.`);
  }
}

/** The moment of the snapshot, so that names are in their order, and a mark of its content. */
function versionOf(createdAt: string, files: readonly SnapshotFile[]): string {
  const moment = createdAt.replace(/\.\d+/u, "").replace(/[-:]/gu, "");
  return `${moment}-${files.at(-1)?.sha256.slice(0, 12) ?? ""}`;
}

function damaged(directory: string, problems: readonly Problem[]): ServiceError {
  const lines = problems.map(({ field, message }) => `  ${field} ${message}`);
  return new ServiceError("invalid-request", [`The snapshot at ${directory} is not whole:`, ...lines].join("\n"), {
    problems,
  });
}
