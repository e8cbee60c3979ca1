import { expect, it } from "vitest";
import { createKey } from "../../../infrastructure/keys/create-key.ts";
import { Keyring } from "../../../infrastructure/keys/keyring.ts";
import { keysOf } from "../../support/keys.ts";

it("makes a key that the keyring knows by the hash alone", () => {
  const { key, sha256 } = createKey({ name: "app", scopes: ["ask"], expires: "2999-01-01" });
  expect(new Keyring(keysOf({ app: { scopes: ["ask"], hashes: [{ sha256 }] } })).identify(key).account).toBe("app");
});

it("makes none that the config would refuse, and says all that is wrong", () => {
  expect(() => createKey({ name: "-app", scopes: ["ask", "read"], expires: "soon" })).toThrow(
    expect.objectContaining({
      code: "invalid-request",
      message: expect.stringMatching(/name: a key's name.*scopes\[1\]: must be one of.*expires: must be a day [^;]*$/u),
    }),
  );
});
