import { describe, expect, it } from "vitest";
import { s3Location } from "../../../adapters/outbound/s3/location.ts";
import { isStoreUrl, openObjectStore } from "../../../infrastructure/snapshots/open-object-store.ts";
import { failureOf } from "../../contract/corpus-contract-context.ts";

describe("a place for snapshots", () => {
  it.each([
    ["s3://my-bucket", { bucket: "my-bucket", prefix: "" }],
    ["s3://my-bucket/", { bucket: "my-bucket", prefix: "" }],
    ["s3://my.bucket/team/hand_book-1/", { bucket: "my.bucket", prefix: "team/hand_book-1" }],
  ])("is a bucket and a prefix: %s", async (url, location) => {
    expect(s3Location(url)).toEqual(location);
    const store = await openObjectStore(url, "eu-west-1");
    expect(store.url).toBe(url.replace(/\/$/u, ""));
    await store.close?.();
  });

  it("is a folder of this machine", async () => {
    expect((await openObjectStore("file:///srv/hand%20book", "eu-west-1")).url).toBe("file:///srv/hand%20book");
  });

  it.each([
    "",
    "my-bucket",
    "s3://",
    "s3://My_Bucket/x",
    "s3://ab",
    "s3://my-bucket//x",
    "s3://my-bucket/a b",
    "s3://my-bucket/x?version=1",
    "https://my-bucket.s3.amazonaws.com/x",
    "file://",
    "file:///",
    "file://host/share",
    "file:///a%2Fb",
  ])("is nothing else: %s", async (url) => {
    expect(isStoreUrl(url)).toBe(false);
    expect(await failureOf(openObjectStore(url, "eu-west-1"))).toMatchObject({ code: "invalid-request" });
  });
});
