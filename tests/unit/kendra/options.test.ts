import { describe, expect, it } from "vitest";
import { kendraOptions } from "../../../adapters/outbound/kendra/options.ts";

describe("The options of Kendra", () => {
  it("need an index and a region, and refuse nobody's search unless told that the index is everybody's", () => {
    const given = { index_id: "index", region: "us-gov-west-1" };
    expect(kendraOptions.parse(given)).toEqual({
      ...given,
      queries_per_second: 0.1,
      cache_seconds: 300,
      require_principal: true,
    });
    expect(kendraOptions.parse({ ...given, require_principal: false })).toMatchObject({ require_principal: false });
  });

  it.each([
    ["no index", { region: "us-east-1" }, "index_id"],
    ["an empty index", { index_id: "", region: "us-east-1" }, "index_id"],
    ["no region", { index_id: "index" }, "region"],
    ["a region that is none", { index_id: "index", region: "US East" }, "region"],
    ["an endpoint that is no URL", { index_id: "index", region: "us-east-1", endpoint: "localhost" }, "endpoint"],
    [
      "an endpoint that is no web address",
      { index_id: "index", region: "us-east-1", endpoint: "file:///etc" },
      "endpoint",
    ],
  ])("refuse %s", (_what, given, path) => {
    expect(kendraOptions.safeParse(given).error?.issues[0]?.path).toEqual([path]);
  });

  it("refuse a key that they do not know", () => {
    expect(kendraOptions.safeParse({ index_id: "index", region: "us-east-1", top_k: 5 }).success).toBe(false);
  });
});
