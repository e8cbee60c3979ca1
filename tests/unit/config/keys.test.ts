import { describe, expect, it } from "vitest";
import { loading, problemsOf } from "../../support/config.ts";

describe("Keys of the config", () => {
  it("takes keys by their names, with moments in milliseconds and a budget of a month", async () => {
    const { keys, anonymous } = await loading(`
keys:
  app:
    scopes: [ask, search]
    hashes:
      - { sha256: "${"ab".repeat(32)}", expires: 2027-01-31 }
      - { sha256: "${"cd".repeat(32)}", not_before: 2027-01-01T09:00:00+09:00 }
    limits: { requests_per_minute: "\${LIMIT:-60}", budget: { usd: 12.5 } }
`);
    expect(anonymous).toBe(false);
    expect(keys).toEqual({
      app: {
        scopes: ["ask", "search"],
        hashes: [
          { sha256: "ab".repeat(32), expires: Date.UTC(2027, 0, 31) },
          { sha256: "cd".repeat(32), not_before: Date.UTC(2027, 0, 1) },
        ],
        limits: { requests_per_minute: 60, budget: { usd: 12.5, per: "month" } },
      },
    });
  });

  it("refuses keys that nobody could use or that say two things, without a word of what stands there", async () => {
    const hash = "ef".repeat(32);
    const problems = await problemsOf(`
anonymous: true
keys:
  _app: { scopes: [ask], hashes: [{ sha256: "${hash}" }] }
  none: { scopes: [], hashes: [] }
  plain: { scopes: [ask], hashes: [{ sha256: pharos_secret }] }
  late: { scopes: [read], hashes: [{ sha256: "${hash}", not_before: 2027-02-01, expires: 2027-01-01 }] }
  twice: { scopes: [ask], hashes: [{ sha256: "${"01".repeat(32)}" }, { sha256: "${"01".repeat(32)}" }] }
  when: { scopes: [ask], hashes: [{ sha256: "${"23".repeat(32)}", expires: tomorrow }], limits: { tokens_per_minute: 0 } }
`);
    expect(problems).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^keys\._app: a key's name has 1 to 64/u),
        "keys.none.scopes: must not be empty",
        "keys.none.hashes: must not be empty",
        "keys.plain.hashes[0].sha256: must be 64 hexadecimal digits, as pharos keys create prints them",
        "keys.late.scopes[0]: must be one of ask, search, write, admin",
        "keys.late.hashes[0].expires: must be later than not_before",
        expect.stringMatching(/^keys\.when\.hashes\[0\]\.expires: must be a day/u),
        "keys.when.limits.tokens_per_minute: must be at least 1",
      ]),
    );
    expect(problems.join()).not.toContain("pharos_secret");
    const two = `keys: { a: { scopes: [ask], hashes: [{ sha256: "${hash}" }] }, b: { scopes: [ask], hashes: [{ sha256: "${hash}" }] } }`;
    expect(await problemsOf(two)).toEqual(["keys.b.hashes[0].sha256: is also a hash of a"]);
    expect(await problemsOf(`anonymous: true\nkeys_file: keys.yaml`)).toEqual([
      "anonymous: where there are keys nobody is anonymous",
    ]);
  });
});
