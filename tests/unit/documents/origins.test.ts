import { mkdir, realpath, symlink, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { DocumentReader } from "../../../adapters/outbound/documents/document-reader.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { readDocuments } from "./read-documents.ts";

const never = new AbortController().signal;

describe("where a document was read from", () => {
  it("is the given folder, by its real path, and the file below it", async () => {
    const folder = await realpath(await temporaryFolder());
    await mkdir(join(folder, "notes/sub"), { recursive: true });
    await writeFile(join(folder, "notes/a.md"), "a");
    await writeFile(join(folder, "notes/sub/rows.jsonl"), '{"id":"x","text":"x"}\n{"id":"y","text":"y"}');
    await symlink(join(folder, "notes"), join(folder, "link"));
    const origins = ["a.md", "sub/rows.jsonl", "sub/rows.jsonl"].map((file) => ({ root: join(folder, "notes"), file }));
    for (const given of [
      join(folder, "notes"),
      `${folder}/notes/`,
      join(folder, "link"),
      relative("", `${folder}/notes`),
    ]) {
      expect((await readDocuments([given])).origins).toEqual(origins);
      expect(await new DocumentReader().root(given, never)).toEqual({ root: join(folder, "notes"), isThere: true });
    }
  });

  it("is the file itself where a file was given", async () => {
    const folder = await realpath(await temporaryFolder());
    await writeFile(join(folder, "a.md"), "a");
    expect((await readDocuments([join(folder, "a.md")])).origins).toEqual([{ root: join(folder, "a.md"), file: "" }]);
  });

  it("is told of what could not be read too: a file, a line's file, a link to nothing", async () => {
    const folder = await realpath(await temporaryFolder());
    await writeFile(join(folder, "a.md"), "");
    await writeFile(join(folder, "b.jsonl"), 'broken\n{"id":"y","text":"y"}');
    await symlink(join(folder, "nowhere"), join(folder, "c.md"));
    const { unread } = await readDocuments([folder]);
    expect(unread).toEqual(["a.md", "b.jsonl", "c.md"].map((file) => ({ root: folder, file })));
  });

  it("is known of a path that is not there, as far as it is there", async () => {
    const folder = await realpath(await temporaryFolder());
    await mkdir(join(folder, "real"));
    await symlink(join(folder, "real"), join(folder, "link"));
    const reader = new DocumentReader();
    const gone = { root: join(folder, "real/gone/deep"), isThere: false };
    expect(await reader.root(join(folder, "link/gone/deep"), never)).toEqual(gone);
    await writeFile(join(folder, "file"), "x");
    expect(await reader.root(join(folder, "file/below"), never)).toEqual({
      root: join(folder, "file/below"),
      isThere: false,
    });
  });

  it("cannot be said of a path that cannot be looked at", async () => {
    const folder = await temporaryFolder();
    await symlink(join(folder, "loop"), join(folder, "loop"));
    await expect(new DocumentReader().root(join(folder, "loop"), never)).rejects.toMatchObject({ code: "not-found" });
    await expect(new DocumentReader().root(folder, AbortSignal.abort())).rejects.toMatchObject({ code: "cancelled" });
  });
});
