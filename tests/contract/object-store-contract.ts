import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ServiceError } from "../../domain/errors.ts";
import type { LocalFile, ObjectStorePort } from "../../domain/ports/object-store-port.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { failureOf, unending } from "./corpus-contract-context.ts";

/** A store that is tested, without any object. */
export interface OpenObjectStore {
  readonly store: ObjectStorePort;
  /** Has the object end early, behind the store's back. */
  truncate(key: string): Promise<void>;
  close(): Promise<void>;
}

/** What every ObjectStorePort must do, whatever stands behind it. Call it at the top of a test file. */
export function describeObjectStoreContract(name: string, openStore: () => Promise<OpenObjectStore>): void {
  const open = async () => {
    const opened = await openStore();
    onTestFinished(() => opened.close());
    return opened;
  };
  describe(`${name} keeps the contract of ObjectStorePort`, () => {
    it("gives back each file as it was put, an empty one and a large one too", async () => {
      const { store } = await open();
      for (const [key, length] of [
        ["a/empty", 0],
        ["a/one.bin", 1],
        ["b.c/large-1_2.bin", 3_000_000],
      ] as const) {
        const file = await fileOf(Buffer.alloc(length, key));
        await store.putFile(key, file, unending());
        const to = join(await temporaryFolder(), "got");
        await store.getFile(key, { path: to, bytes: file.bytes }, unending());
        expect(await readFile(to)).toEqual(await readFile(file.path));
      }
    });

    it("has a key name what was put last, and tells by a tag whether that has changed", async () => {
      const { store } = await open();
      expect(await store.getText("latest", undefined, unending())).toBeUndefined();
      await store.putText("latest", "one", unending());
      const one = await textOf(store, "latest");
      expect(one.text).toBe("one");
      expect(await store.getText("latest", one.tag, unending())).toBe("unchanged");
      await store.putText("latest", "another — 二", unending());
      const another = await store.getText("latest", one.tag, unending());
      expect(another).toMatchObject({ text: "another — 二" });
      expect((await textOf(store, "latest")).tag).not.toBe(one.tag);
    });

    it("lists what is in a folder, each name once and in order, and [] where nothing is", async () => {
      const { store } = await open();
      expect(await store.list("versions", unending())).toEqual([]);
      for (const name of ["c", "a", "b", "aa", "e", "d"]) {
        await store.putText(`versions/${name}/x.json`, name, unending());
        await store.putText(`versions/${name}/y.json`, name, unending());
      }
      await store.putText("versions.json", "", unending());
      await store.putText("versions/plain", "", unending());
      expect(await store.list("versions", unending())).toEqual(["a", "aa", "b", "c", "d", "e"]);
    });

    it("tells an object that is not there from one that has another size", async () => {
      const { store, truncate } = await open();
      const place = async () => join(await temporaryFolder(), "got");
      const missing = store.getFile("a/none", { path: await place(), bytes: 1 }, unending());
      expect(await failureOf(missing)).toMatchObject({ code: "not-found" });
      await store.putFile("a/cut", await fileOf(Buffer.alloc(70_000, "x")), unending());
      await truncate("a/cut");
      const cut = store.getFile("a/cut", { path: await place(), bytes: 70_000 }, unending());
      expect(await failureOf(cut)).toMatchObject({ code: "vendor-reply-invalid" });
      const long = store.getFile("a/cut", { path: await place(), bytes: 10 }, unending());
      expect(await failureOf(long)).toMatchObject({ code: "vendor-reply-invalid" });
    });

    it("tells a file that cannot be read or written here", async () => {
      const { store } = await open();
      const file = await fileOf(Buffer.from("text"));
      const lost = { ...file, path: `${file.path}-lost` };
      expect(await failureOf(store.putFile("a", lost, unending()))).toMatchObject({ code: "storage-failed" });
      await store.putFile("a", file, unending());
      const taken = store.getFile("a", { path: file.path, bytes: file.bytes }, unending());
      expect(await failureOf(taken)).toMatchObject({ code: "storage-failed" });
    });

    it("does nothing for a caller who has gone already", async () => {
      const { store } = await open();
      const file = await fileOf(Buffer.from("text"));
      const gone = AbortSignal.abort();
      for (const call of [
        store.putFile("a", file, gone),
        store.putText("a", "text", gone),
        store.getText("a", undefined, gone),
        store.getFile("a", { path: `${file.path}-got`, bytes: 4 }, gone),
        store.list("a", gone),
      ])
        expect(await failureOf(call)).toMatchObject({ code: "cancelled" });
      expect(await store.getText("a", undefined, unending())).toBeUndefined();
      const failure = await failureOf(store.getFile("a", { path: `${file.path}-got`, bytes: 4 }, unending()));
      expect(failure).toBeInstanceOf(ServiceError);
    });
  });
}

async function textOf(store: ObjectStorePort, key: string) {
  const found = await store.getText(key, undefined, unending());
  if (found === undefined || found === "unchanged") throw new Error(`${key} is not there.`);
  return found;
}

/** A file with this content, and what tells it. */
export async function fileOf(body: Buffer): Promise<LocalFile> {
  const path = join(await temporaryFolder(), "file");
  await writeFile(path, body);
  return { path, bytes: body.length, sha256: createHash("sha256").update(body).digest("hex") };
}
