import { describe, expect, it } from "vitest";
import { principalOf } from "../../../adapters/inbound/cli/principal.ts";

describe("The options --user and --group", () => {
  it("name nobody where they are left out", () => {
    expect(principalOf({})).toEqual({});
  });

  it("name a user, and each group once", () => {
    expect(principalOf({ user: "ada" })).toEqual({ principal: { userId: "ada", groups: [] } });
    expect(principalOf({ user: "ada", group: ["crew", "cooks", "crew"] })).toEqual({
      principal: { userId: "ada", groups: ["crew", "cooks"] },
    });
  });

  it.each([
    [{ group: ["crew"] }, "The option --group needs --user."],
    [{ user: " " }, "The options --user and --group need an id that is not blank."],
    [{ user: "ada", group: [""] }, "The options --user and --group need an id that is not blank."],
  ])("are refused as %j", (options, message) => {
    expect(() => principalOf(options)).toThrow(message);
  });
});
