import { describe, expect, it } from "vitest";
import { Keyring } from "../../../infrastructure/keys/keyring.ts";
import { isKey, newKey } from "../../../infrastructure/keys/secret.ts";
import { keysOf, testKey } from "../../support/keys.ts";

const [OLD, NEW, OTHER] = [testKey(), testKey(), testKey()];

/** A key that is replaced by another in the first ten days of 2027. */
const ROTATED = {
  app: {
    scopes: ["ask", "search"],
    hashes: [
      { sha256: OLD.sha256, expires: "2027-01-10" },
      { sha256: NEW.sha256, not_before: "2027-01-01T09:00:00+09:00" },
    ],
  },
};

function keyringAt(moment: string, keys: Readonly<Record<string, unknown>> = ROTATED): Keyring {
  return new Keyring(keysOf(keys), () => Date.parse(moment));
}

describe("a new key", () => {
  it("has 256 random bits behind its prefix, and is never like another", () => {
    const keys = Array.from({ length: 1_000 }, newKey);
    expect(new Set(keys).size).toBe(1_000);
    for (const key of keys) {
      expect(key).toMatch(/^pharos_[A-Za-z0-9_-]{43}$/u);
      expect(isKey(key)).toBe(true);
    }
  });

  it("tells its form from words that somebody made up", () => {
    for (const word of ["", "pharos_", "opensesame", `${newKey()}x`, ` ${newKey()}`, newKey().toUpperCase()])
      expect(isKey(word)).toBe(false);
  });
});

describe("the keyring", () => {
  it("says whose key it is and what it is for", () => {
    const { account, scopes } = keyringAt("2027-01-05").identify(NEW.key);
    expect([account, [...scopes]]).toEqual(["app", ["ask", "search"]]);
  });

  it("takes the old key and the new one while both are valid, under the same name", () => {
    const at = (moment: string) =>
      [OLD, NEW].map(({ key }) => {
        try {
          return keyringAt(moment).identify(key).account;
        } catch {
          return "refused";
        }
      });
    expect(at("2026-12-31T23:59:59.999Z")).toEqual(["app", "refused"]);
    expect(at("2027-01-01T00:00:00Z")).toEqual(["app", "app"]);
    expect(at("2027-01-09T23:59:59.999Z")).toEqual(["app", "app"]);
    expect(at("2027-01-10T00:00:00Z")).toEqual(["refused", "app"]);
  });

  it("says why it refuses a key, without the key", () => {
    const refusal = (key: string) => {
      try {
        return keyringAt("2027-02-01", {
          app: {
            ...ROTATED.app,
            hashes: [
              { sha256: OLD.sha256, expires: "2027-01-10" },
              { sha256: NEW.sha256, not_before: "2027-03-01" },
            ],
          },
        }).identify(key);
      } catch (error) {
        return error;
      }
    };
    for (const [key, words] of [
      [OLD.key, "expired on 2027-01-10"],
      [NEW.key, "valid from 2027-03-01"],
      [OTHER.key, "unknown"],
      ["opensesame", "unknown"],
    ] as const) {
      const error = refusal(key);
      expect(error).toMatchObject({ code: "unauthenticated", message: expect.stringContaining(words) });
      expect(String(error)).not.toContain(key);
    }
  });

  it("knows only the keys that it was given last", () => {
    const keyring = keyringAt("2027-01-05");
    keyring.replace(keysOf({ other: { scopes: ["write"], hashes: [{ sha256: OTHER.sha256 }] } }));
    expect(keyring.identify(OTHER.key).account).toBe("other");
    expect(() => keyring.identify(NEW.key)).toThrow("unknown");
  });
});
