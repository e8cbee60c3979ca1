import { PublishedSnapshots } from "../../../application/published-snapshots.ts";
import type { SnapshotVersion } from "../../../application/published-version.ts";
import { ServiceError } from "../../../domain/errors.ts";
import { chosen } from "./choose.ts";
import { startProgress } from "./progress.ts";
import type { CommandRuntime } from "./runtime.ts";

export interface PublishOptions {
  readonly corpus?: string;
  /** Directory of a snapshot. */
  readonly from?: string;
  readonly version?: string;
  readonly json?: boolean;
}

/** Share of the work that making a snapshot is, before its files are put. */
const CREATE_SHARE = 0.5;

/** Puts a snapshot as a version, unless it is there, and has services serve it; one that does not verify is refused. */
export async function publishSnapshot(
  runtime: CommandRuntime,
  url: string,
  { corpus, from, version: earlier, json }: PublishOptions,
): Promise<void> {
  if (earlier !== undefined && (from !== undefined || corpus !== undefined))
    throw new ServiceError("invalid-request", "--version names what is published already: it stands alone.");
  await runtime.withObjectStore(url, async (store) => {
    const published = new PublishedSnapshots(store);
    const version = earlier ?? (await putSnapshot(runtime, published, corpus, from));
    const used = await published.use(version, runtime.signal);
    const { documents, passages } = used;
    runtime.output.write(
      json
        ? `${JSON.stringify({ url, ...representation(used) })}\n`
        : `${url} has services serve ${version}: ${documents} documents, ${passages} passages\n`,
    );
  });
}

/** Prints the versions, and which one counts. */
export async function listVersions(
  runtime: CommandRuntime,
  url: string,
  { json }: Pick<PublishOptions, "json">,
): Promise<void> {
  await runtime.withObjectStore(url, async (store) => {
    const published = new PublishedSnapshots(store);
    const versions = await published.versions(runtime.signal);
    const found = await published.latest(undefined, runtime.signal);
    const latest = found === undefined || found === "unchanged" ? undefined : found.version;
    runtime.output.write(
      json
        ? `${JSON.stringify({ url, latest: latest ?? null, versions })}\n`
        : versions.map((version) => `${version}${version === latest ? " (latest)" : ""}\n`).join(""),
    );
  });
}

/** The version that the snapshot has become; one is made where none is given. */
async function putSnapshot(
  runtime: CommandRuntime,
  published: PublishedSnapshots,
  corpus: string | undefined,
  from: string | undefined,
): Promise<string> {
  const progress = startProgress(runtime);
  const put = async (directory: string) => {
    const check = await runtime.verifySnapshot(directory);
    const report = (share: number) => progress.report(CREATE_SHARE + share * (1 - CREATE_SHARE), "publishing");
    return published.put(directory, check, runtime.signal, report);
  };
  try {
    if (from !== undefined) return await put(from);
    return await runtime.withTemporaryPath(async (directory) => {
      await runtime.withServices("configured-data", async ({ adapters }) => {
        const name = chosen(corpus, adapters.corpora, "search that keeps documents");
        const report = (share: number) => progress.report(share * CREATE_SHARE, "copying");
        await adapters.snapshots(name).create(directory, runtime.signal, report);
      });
      return put(directory);
    });
  } finally {
    progress.stop();
  }
}

function representation({ createdAt, files, ...rest }: SnapshotVersion) {
  return { ...rest, created_at: createdAt, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
}
