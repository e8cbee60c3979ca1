import { fileURLToPath } from "node:url";
import { s3Location } from "../../adapters/outbound/s3/location.ts";
import { ServiceError } from "../../domain/errors.ts";
import type { ObjectStorePort } from "../../domain/ports/object-store-port.ts";

export const STORE_URLS = "must be s3://bucket/prefix or file:///folder";

/** Whether a store can be opened at this URL. */
export function isStoreUrl(url: string): boolean {
  return s3Location(url) !== undefined || folderOf(url) !== undefined;
}

/** The store at a URL; the SDK of one that is not used is never loaded. @throws ServiceError invalid-request where the URL is none */
export async function openObjectStore(url: string, region: string): Promise<ObjectStorePort> {
  const location = s3Location(url);
  if (location !== undefined) {
    const { S3ObjectStore } = await import("../../adapters/outbound/s3/object-store.ts");
    return new S3ObjectStore({ ...location, region });
  }
  const folder = folderOf(url);
  if (folder === undefined) {
    const problems = [{ field: "url", message: STORE_URLS }];
    throw new ServiceError("invalid-request", `${url} is no place for snapshots: it ${STORE_URLS}.`, { problems });
  }
  const { FolderObjectStore } = await import("../../adapters/outbound/folder/object-store.ts");
  return new FolderObjectStore(folder);
}

function folderOf(url: string): string | undefined {
  if (!/^file:\/\/\/[^/?#]/u.test(url)) return undefined;
  try {
    return fileURLToPath(url);
  } catch {
    return undefined;
  }
}
