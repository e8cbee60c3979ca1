import { rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Keys, openKeys } from "../../infrastructure/keys/open-keys.ts";
import { keysOf, type TestKey, testKey } from "../support/keys.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const [FIRST, SECOND, OWN] = [testKey(), testKey(), testKey()];

function entry({ sha256 }: TestKey, scopes = ["ask"]) {
  return { scopes, hashes: [{ sha256 }] };
}

/** The keys of a config beside those of a file, which is looked at all the time; `told` gives the next lines of the log. */
async function open(folder: string, own: Readonly<Record<string, unknown>> = {}) {
  const lines: string[] = [];
  const waiting: (() => void)[] = [];
  const tell = ({ reason }: Readonly<Record<string, unknown>>, message: string) => {
    lines.push(reason === undefined ? message : `${message}: ${reason}`);
    for (const resolve of waiting.splice(0)) resolve();
  };
  const told = async () => {
    while (lines.length === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    return lines.shift();
  };
  const config = { keys: keysOf(own), keys_file: "keys.yaml", directory: folder, dataDirectory: folder };
  const keys = await openKeys(config, { info: tell, warn: tell, error: tell }, 2);
  if (keys === undefined) throw new Error("There are no keys.");
  onTestFinished(() => keys.close());
  return { keys, told };
}

function accountOf({ keyring }: Keys, { key }: TestKey): string {
  try {
    return keyring.identify(key).account;
  } catch {
    return "refused";
  }
}

describe("the file of keys", () => {
  it("adds to the config's keys, and is read again when it changes", async () => {
    const folder = await temporaryFolder();
    const file = join(folder, "keys.yaml");
    await writeFile(file, JSON.stringify({ keys: { first: entry(FIRST) } }));
    const { keys, told } = await open(folder, { own: entry(OWN) });
    expect([FIRST, SECOND, OWN].map((key) => accountOf(keys, key))).toEqual(["first", "refused", "own"]);
    await writeFile(file, JSON.stringify({ keys: { second: entry(SECOND) } }));
    expect(await told()).toBe("keys read again");
    expect([FIRST, SECOND, OWN].map((key) => accountOf(keys, key))).toEqual(["refused", "second", "own"]);
  });

  it("is read again where it is a link that is turned to another file, as a mounted secret is", async () => {
    const folder = await temporaryFolder();
    for (const [name, key] of [
      ["one", FIRST],
      ["two", SECOND],
    ] as const)
      await writeFile(join(folder, name), JSON.stringify({ keys: { app: entry(key) } }));
    await symlink("one", join(folder, "keys.yaml"));
    const { keys, told } = await open(folder);
    await symlink("two", join(folder, "new"));
    await rename(join(folder, "new"), join(folder, "keys.yaml"));
    expect(await told()).toBe("keys read again");
    expect([FIRST, SECOND].map((key) => accountOf(keys, key))).toEqual(["refused", "app"]);
  });

  it("leaves the keys as they were while it cannot be used, and says why once", async () => {
    const folder = await temporaryFolder();
    const file = join(folder, "keys.yaml");
    await writeFile(file, JSON.stringify({ keys: { first: entry(FIRST) } }));
    const { keys, told } = await open(folder, { own: entry(OWN) });
    for (const [content, reason] of [
      [JSON.stringify({ keys: { first: { scopes: ["ask"] } } }), "keys.first.hashes: is missing"],
      [`keys: [unclosed ${FIRST.key}`, "is no YAML"],
      [JSON.stringify({ keys: { own: entry(SECOND) } }), "keys.own: is also a key of the config"],
      [JSON.stringify({ keys: { second: entry(OWN) } }), "keys.second.hashes: has a hash that the config has too"],
      [JSON.stringify({}), "keys: is missing"],
    ] as const) {
      await writeFile(`${file}.new`, content);
      await rename(`${file}.new`, file);
      const line = await told();
      expect(line).toContain("the keys stay as they were");
      expect(line).toContain(reason);
      expect(line).not.toContain(FIRST.key);
      expect([FIRST, SECOND, OWN].map((key) => accountOf(keys, key))).toEqual(["first", "refused", "own"]);
    }
    await rm(file);
    expect(await told()).toContain("cannot be read (ENOENT)");
    expect(accountOf(keys, FIRST)).toBe("first");
    await writeFile(file, JSON.stringify({ keys: {} }));
    expect(await told()).toBe("keys read again");
    expect(accountOf(keys, FIRST)).toBe("refused");
  });

  it("has to be there and to be right when the service starts", async () => {
    const folder = await temporaryFolder();
    await expect(open(folder)).rejects.toMatchObject({
      name: "ConfigError",
      message: expect.stringContaining("ENOENT"),
    });
    await writeFile(join(folder, "keys.yaml"), "keys: { a: { scopes: [fly] }, b: 7 }");
    await expect(open(folder)).rejects.toMatchObject({
      problems: expect.arrayContaining([
        expect.objectContaining({ field: "keys.a.scopes[0]" }),
        expect.objectContaining({ field: "keys.a.hashes" }),
        expect.objectContaining({ field: "keys.b" }),
      ]),
    });
  });
});

it("there are no keys where the config names none", async () => {
  const folder = await temporaryFolder();
  const log = { info() {}, warn() {}, error() {} };
  expect(await openKeys({ keys: {}, directory: folder, dataDirectory: folder }, log)).toBeUndefined();
});
