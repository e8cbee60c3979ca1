import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { S3ObjectStore } from "../../adapters/outbound/s3/object-store.ts";
import { failureOf, unending } from "../contract/corpus-contract-context.ts";
import { fileOf } from "../contract/object-store-contract.ts";
import { LOOPBACK_KEYS, withAwsEnvironment } from "../support/aws-environment.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { replyError, type S3Call, type S3Wire, startS3Wire } from "../support/wires/s3-wire.ts";

withAwsEnvironment(LOOPBACK_KEYS);

async function scene(settings: { readonly bucket?: string; readonly stallMs?: number } = {}) {
  const wire = await startS3Wire();
  process.env.AWS_ENDPOINT_URL_S3 = wire.url;
  const store = new S3ObjectStore({
    bucket: wire.bucket,
    prefix: "p",
    region: "eu-west-1",
    partBytes: 1_000,
    ...settings,
  });
  onTestFinished(async () => {
    await store.close();
    await wire.close();
  });
  return { wire, store };
}

/** Answers every call with this error. */
function refuse(wire: S3Wire, status: number, code: string): void {
  wire.fault = (call) => {
    replyError(call, status, code);
    return true;
  };
}

const FILE = Buffer.alloc(3_500, "abcdefg");

describe("S3 that fails", () => {
  it.each([
    [403, "AccessDenied", "vendor-auth"],
    [403, "InvalidAccessKeyId", "vendor-auth"],
    [400, "ExpiredToken", "vendor-auth"],
    [404, "NoSuchBucket", "vendor-rejected"],
    [400, "InvalidRequest", "vendor-rejected"],
    [500, "InternalError", "vendor-unavailable"],
    [400, "RequestTimeout", "vendor-unavailable"],
  ] as const)("answers %i %s, and is told as %s by each call", async (status, name, code) => {
    const { wire, store } = await scene();
    refuse(wire, status, name);
    const file = await fileOf(FILE);
    const to = join(await temporaryFolder(), "got");
    for (const call of [
      () => store.getText("latest", undefined, unending()),
      () => store.getFile("a", { path: to, bytes: 1 }, unending()),
      () => store.putText("latest", "text", unending()),
      () => store.putFile("a", file, unending()),
      () => store.list("versions", unending()),
    ]) {
      const failure = await failureOf(call());
      expect(failure).toMatchObject({ code, message: expect.stringContaining(`(${name}): s3://pharos-test/p/`) });
    }
  });

  it("is asked too often", async () => {
    const { wire, store } = await scene();
    refuse(wire, 503, "SlowDown");
    const failure = await failureOf(store.getText("latest", undefined, unending()));
    expect(failure).toMatchObject({ code: "rate-limited", retryable: true });
  });

  it("cannot be reached, or gets no credentials", async () => {
    const { wire, store } = await scene();
    await wire.close();
    expect(await failureOf(store.getText("latest", undefined, unending()))).toMatchObject({
      code: "vendor-unavailable",
      retryable: true,
    });
    const { store: nobody } = await scene();
    const { AWS_ACCESS_KEY_ID: id } = process.env;
    delete process.env.AWS_ACCESS_KEY_ID;
    try {
      expect(await failureOf(nobody.getText("latest", undefined, unending()))).toMatchObject({ code: "vendor-auth" });
    } finally {
      process.env.AWS_ACCESS_KEY_ID = id;
    }
  });

  it("says that the bucket is in another region, and is asked there", async () => {
    const { wire, store } = await scene();
    wire.put("p/latest", "text");
    const regionOf = ({ headers }: S3Call) => headers.authorization?.split("/")[2];
    wire.fault = (call) => {
      if (regionOf(call) === "ap-south-1") return false;
      call.response.setHeader("x-amz-bucket-region", "ap-south-1");
      replyError(call, 301, "PermanentRedirect");
      return true;
    };
    expect(await store.getText("latest", undefined, unending())).toMatchObject({ text: "text" });
    expect(wire.calls.map(regionOf)).toContain("eu-west-1");
  });

  it("tries again by itself what failed once", async () => {
    const { wire, store } = await scene();
    wire.put("p/latest", "text");
    let failures = 0;
    wire.fault = (call) => {
      if (failures > 0) return false;
      failures += 1;
      replyError(call, 500, "InternalError");
      return true;
    };
    expect(await store.getText("latest", undefined, unending())).toMatchObject({ text: "text" });
  });

  it("breaks off in the midst of an object", async () => {
    const { wire, store } = await scene();
    wire.fault = ({ response }) => {
      response.writeHead(200, { etag: '"x"', "content-length": FILE.length });
      response.write(FILE.subarray(0, 100), () => response.destroy());
      return true;
    };
    const to = join(await temporaryFolder(), "got");
    const failure = await failureOf(store.getFile("a", { path: to, bytes: FILE.length }, unending()));
    expect(failure).toMatchObject({ code: "vendor-unavailable", retryable: true });
  });

  it("falls silent before an object's end, or before its begin", async () => {
    const { wire, store } = await scene({ stallMs: 100 });
    const to = join(await temporaryFolder(), "got");
    const get = () => failureOf(store.getFile("a", { path: to, bytes: FILE.length }, unending()));
    wire.fault = () => true;
    expect(await get()).toMatchObject({ code: "vendor-unavailable", message: "S3 sent nothing for 100 ms." });
    wire.fault = ({ response }) => {
      response.writeHead(200, { etag: '"x"', "content-length": FILE.length });
      response.write(FILE.subarray(0, 100));
      return true;
    };
    expect(await get()).toMatchObject({ code: "vendor-unavailable", message: "S3 sent nothing for 100 ms." });
  });

  it("is left where the caller goes away, its connection too", async () => {
    const { wire, store } = await scene();
    const came = Promise.withResolvers<S3Call>();
    wire.fault = (call) => {
      call.response.writeHead(200, { etag: '"x"', "content-length": FILE.length });
      call.response.write(FILE.subarray(0, 100));
      came.resolve(call);
      return true;
    };
    const leaving = new AbortController();
    const to = join(await temporaryFolder(), "got");
    const got = failureOf(store.getFile("a", { path: to, bytes: FILE.length }, leaving.signal));
    const { response } = await came.promise;
    const gone = new Promise<void>((resolve) => response.once("close", resolve));
    leaving.abort();
    expect(await got).toMatchObject({ code: "cancelled" });
    await gone;
  });

  it("gets a large file in parts, and makes no object where a part is refused", async () => {
    const { wire, store } = await scene();
    const file = await fileOf(FILE);
    await store.putFile("a/whole", file, unending());
    expect(wire.objects.get("p/a/whole")?.body).toEqual(FILE);
    expect(wire.calls.filter(({ method, query }) => method === "PUT" && query.has("partNumber"))).toHaveLength(4);
    wire.fault = (call) => {
      if (call.query.get("partNumber") !== "3") return false;
      replyError(call, 400, "BadDigest");
      return true;
    };
    const failure = await failureOf(store.putFile("a/broken", file, unending()));
    expect(failure).toMatchObject({ code: "vendor-rejected", message: expect.stringContaining("(BadDigest)") });
    expect([...wire.objects.keys()]).toEqual(["p/a/whole"]);
    expect([...wire.uploads.keys()]).toEqual([]);
  });

  it("refuses a file whose content is not what was verified", async () => {
    const { wire, store } = await scene();
    const small = await fileOf(Buffer.from("text"));
    const other = { ...small, sha256: (await fileOf(FILE)).sha256 };
    expect(await failureOf(store.putFile("a", other, unending()))).toMatchObject({ code: "vendor-rejected" });
    expect([...wire.objects.keys()]).toEqual([]);
  });
});
