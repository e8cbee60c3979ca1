import { truncate } from "node:fs/promises";
import { join } from "node:path";
import { FolderObjectStore } from "../../adapters/outbound/folder/object-store.ts";
import { S3ObjectStore } from "../../adapters/outbound/s3/object-store.ts";
import { LOOPBACK_KEYS, withAwsEnvironment } from "../support/aws-environment.ts";
import { FakeObjectStore } from "../support/fakes/fake-object-store.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { startS3Wire } from "../support/wires/s3-wire.ts";
import { describeObjectStoreContract } from "./object-store-contract.ts";

withAwsEnvironment(LOOPBACK_KEYS);

for (const prefix of ["", "team/index"]) {
  describeObjectStoreContract(`S3 with the prefix "${prefix}"`, async () => {
    const wire = await startS3Wire();
    process.env.AWS_ENDPOINT_URL_S3 = wire.url;
    const store = new S3ObjectStore({ bucket: wire.bucket, prefix, region: "eu-west-1", partBytes: 1_000_000 });
    const keyOf = (key: string) => (prefix === "" ? key : `${prefix}/${key}`);
    return {
      store,
      truncate: async (key) => wire.put(keyOf(key), wire.objects.get(keyOf(key))?.body.subarray(0, 100) ?? ""),
      close: async () => {
        await store.close();
        await wire.close();
      },
    };
  });
}

describeObjectStoreContract("A folder", async () => {
  const folder = join(await temporaryFolder(), "not/there/yet");
  return {
    store: new FolderObjectStore(folder),
    truncate: (key) => truncate(join(folder, key), 100),
    close: async () => {},
  };
});

describeObjectStoreContract("The fake", async () => {
  const store = new FakeObjectStore();
  return {
    store,
    truncate: async (key) => void store.objects.set(key, store.objects.get(key)?.subarray(0, 100) ?? Buffer.alloc(0)),
    close: async () => {},
  };
});
