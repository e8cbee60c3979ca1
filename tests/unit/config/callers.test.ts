import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withCallers } from "../../../infrastructure/config/callers.ts";
import { testKey } from "../../support/keys.ts";

const { key, sha256 } = testKey();
const KEYS = { app: { scopes: ["ask"], hashes: [{ sha256, expires: "2027-01-31" }] } };

function told(text: string, tree: unknown = {}): readonly string[] {
  return withCallers(tree, { PHAROS_KEYS: text }).problems.map(({ field, message }) => `${field}: ${message}`);
}

describe("callers from the environment", () => {
  it("are the keys that pharos keys create prints, in YAML or JSON", () => {
    const yaml = `# A comment.\nkeys:\n  "app":\n    scopes: [ask]\n    hashes: [{ sha256: "${sha256}", expires: "2027-01-31" }]\n`;
    for (const text of [yaml, JSON.stringify({ keys: KEYS })])
      expect(withCallers({ server: {} }, { PHAROS_KEYS: text })).toEqual({
        tree: { server: {}, keys: KEYS },
        problems: [],
      });
  });

  it("stand beside the config's own keys, and never in their place", () => {
    const own = { other: { scopes: ["search"], hashes: [{ sha256: "0".repeat(64) }] } };
    const text = JSON.stringify({ keys: KEYS });
    expect(withCallers({ keys: own }, { PHAROS_KEYS: text }).tree).toEqual({ keys: { ...KEYS, ...own } });
    expect(told(text, { keys: { app: own.other } })).toEqual(["PHAROS_KEYS.keys.app: is also a key of the config"]);
  });

  it("are none where the variables are empty or not set", () => {
    for (const variables of [{}, { PHAROS_KEYS: "", PHAROS_ANONYMOUS: "" }, { PHAROS_KEYS: " \n" }])
      expect(withCallers({ models: {} }, variables)).toEqual({ tree: { models: {} }, problems: [] });
  });

  it("are nobody known where PHAROS_ANONYMOUS says so and the config says nothing of it", () => {
    expect(withCallers({}, { PHAROS_ANONYMOUS: "true" }).tree).toEqual({ anonymous: true });
    expect(withCallers({ anonymous: false }, { PHAROS_ANONYMOUS: "true" }).tree).toEqual({ anonymous: false });
    expect(withCallers({}, { PHAROS_ANONYMOUS: "yes" }).problems).toEqual([
      { field: "PHAROS_ANONYMOUS", message: "must be true or false" },
    ]);
  });

  it("are told with every problem at once, each at its place", () => {
    const text = JSON.stringify({ keys: { app: { scopes: ["all"], hashes: [{ sha256: "no" }] }, idle: {} } });
    expect(told(text)).toEqual([
      "PHAROS_KEYS.keys.app.scopes[0]: must be one of ask, search, write, admin",
      "PHAROS_KEYS.keys.app.hashes[0].sha256: must be 64 hexadecimal digits, as pharos keys create prints them",
      "PHAROS_KEYS.keys.idle.scopes: is missing",
      "PHAROS_KEYS.keys.idle.hashes: is missing",
    ]);
    expect(told("keys: {")).toEqual(["PHAROS_KEYS: is neither YAML nor JSON"]);
  });

  it("never has a message tell what the secret holds", () => {
    const secret = fc.constantFrom(key, "sk-live-4eC39HqLyjWDarjtT1", "hunter2 hunter2");
    const misplaced = [
      (text: string) => text,
      (text: string) => `{ ${text}`,
      (text: string) => `"${text}": 1`,
      (text: string) => `keys: "${text}"`,
      (text: string) => `keys: { app: "${text}" }`,
      (text: string) => `keys: { app: { scopes: ["${text}"], hashes: [{ sha256: "${text}", expires: "${text}" }] } }`,
      (text: string) => `keys: { app: { "${text}": [ask], hashes: [{ "${text}": 1 }], limits: { "${text}": 2 } } }`,
      (text: string) => `- ${text}`,
    ];
    fc.assert(
      fc.property(secret, fc.constantFrom(...misplaced), (text, place) => {
        const problems = told(place(text));
        expect(problems).not.toEqual([]);
        expect(problems.join("\n")).not.toContain(text);
      }),
    );
    expect(told(`keys: { ${key}: {} }`).join("\n")).not.toContain(key);
  });
});
