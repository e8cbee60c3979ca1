import { mkdir, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DocumentReader } from "../../../adapters/outbound/documents/document-reader.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { readDocuments } from "./read-documents.ts";

const never = new AbortController().signal;

/** A folder `notes` with these files, in a folder of the test's own. */
async function notes(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(await temporaryFolder(), "notes");
  await mkdir(folder);
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(folder, path, ".."), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

describe("which files are read", () => {
  it("walks a folder in the order of its names, and passes over what is hidden, installed or of another kind", async () => {
    const folder = await notes({
      "b.md": "b",
      "a/z.txt": "z",
      "a/A.MD": "A",
      "c.jsonl": '{"id":"own","text":"x"}',
      "picture.png": "x",
      ".hidden.md": "x",
      ".git/config.md": "x",
      "node_modules/pkg/readme.md": "x",
    });
    const { documents, failures, bytes } = await readDocuments([folder]);
    expect(documents.map(({ id }) => id)).toEqual(["notes/a/A.MD", "notes/a/z.txt", "notes/b.md", "own"]);
    expect(failures).toEqual([]);
    const size = "b".length + "z".length + "A".length + '{"id":"own","text":"x"}'.length;
    expect([bytes, await new DocumentReader().size([folder], never)]).toEqual([size, size]);
  });

  it("names a document by its path from the given path's parent on, and finds it again by its uri", async () => {
    const folder = await notes({ "sub/a.md": "a" });
    const { documents } = await readDocuments([`${folder}/`, join(folder, "sub"), join(folder, "sub/a.md")]);
    expect(documents.map(({ id }) => id)).toEqual(["notes/sub/a.md", "sub/a.md", "a.md"]);
    expect(new Set(documents.map(({ uri }) => uri))).toEqual(new Set([join(folder, "sub/a.md")]));
  });

  it("gives the same id however a file system writes its accents", async () => {
    const { documents } = await readDocuments([await notes({ "cafe\u0301.md": "x" })]);
    expect(documents).toMatchObject([{ id: "notes/caf\u00e9.md" }]);
  });

  it("reads a hidden folder that is given itself", async () => {
    const folder = await notes({ ".hidden/a.md": "a" });
    const { documents } = await readDocuments([join(folder, ".hidden")]);
    expect(documents).toMatchObject([{ id: ".hidden/a.md" }]);
  });

  it("follows links, but into no folder twice", async () => {
    const folder = await notes({ "a/one.md": "1", "a/two.md": "2" });
    await symlink(folder, join(folder, "a/loop"));
    await symlink(join(folder, "a"), join(folder, "b"));
    await symlink(join(folder, "a/one.md"), join(folder, "c.md"));
    const { documents, failures } = await readDocuments([folder]);
    expect(documents.map(({ id }) => id)).toEqual(["notes/a/one.md", "notes/a/two.md", "notes/c.md"]);
    expect(failures).toEqual([]);
  });

  it("throws where a path is not there", async () => {
    const missing = join(await temporaryFolder(), "nothing");
    await expect(readDocuments([missing])).rejects.toMatchObject({
      code: "not-found",
      message: expect.stringContaining(missing),
    });
    await expect(new DocumentReader().size([missing], never)).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("what cannot be read", () => {
  it("is one failure each, and the rest is read", async () => {
    const folder = await notes({ "empty.md": "", "blank.txt": " \n", "good.md": "good", "long.md": "x".repeat(101) });
    await writeFile(join(folder, "binary.txt"), Uint8Array.of(80, 0, 75));
    await writeFile(join(folder, "latin.md"), Uint8Array.of(99, 97, 102, 0xe9));
    await writeFile(join(folder, "strange.html"), '<meta charset="klingon">x');
    await symlink(join(folder, "gone.md"), join(folder, "dangling.md"));
    const { documents, failures } = await readDocuments([folder], { maxBytes: 100 });
    expect(documents).toMatchObject([{ id: "notes/good.md" }]);
    expect(failures.map(({ source, reason }) => [source.slice(folder.length + 1), reason])).toEqual([
      ["binary.txt", "It holds binary data where text was expected."],
      ["blank.txt", "The text is empty."],
      ["dangling.md", "It is a link to nothing, or cannot be looked at."],
      ["empty.md", "The file is empty."],
      ["latin.md", "It is not valid utf-8; save it as UTF-8."],
      ["long.md", "The file has 101 bytes; at most 100 are allowed."],
      ["strange.html", "It declares the unknown encoding klingon; save it as UTF-8."],
    ]);
  });

  it("is a file of another kind where it is given itself", async () => {
    const folder = await notes({ "picture.png": "x" });
    const { failures } = await readDocuments([join(folder, "picture.png")]);
    expect(failures).toMatchObject([
      { source: join(folder, "picture.png"), reason: expect.stringContaining(".md, .markdown, .txt") },
    ]);
  });

  it("is what is neither file nor folder, which is never opened", async () => {
    const folder = await notes({ "a.md": "a" });
    const socket = join(folder, "socket.md");
    const server = createServer().listen(socket);
    await new Promise((resolve) => server.once("listening", resolve));
    const { documents } = await readDocuments([folder]);
    const { failures } = await readDocuments([socket]);
    await new Promise((resolve) => server.close(resolve));
    expect(documents).toMatchObject([{ id: "notes/a.md" }]);
    expect(failures).toEqual([{ source: socket, reason: "It is neither a file nor a folder." }]);
  });

  it("is a link to itself", async () => {
    const folder = await notes({ "z.md": "z" });
    await symlink(join(folder, "a.md"), join(folder, "a.md"));
    const { documents, failures } = await readDocuments([folder]);
    expect(documents).toMatchObject([{ id: "notes/z.md" }]);
    expect(failures).toMatchObject([{ source: join(folder, "a.md") }]);
  });
});

describe("abort", () => {
  it("ends the reading, of files and of lines", async () => {
    const lines = Array.from({ length: 5_000 }, (_, index) => JSON.stringify({ id: index, text: "x".repeat(100) }));
    const folder = await notes({ "a.md": "a", "b.jsonl": lines.join("\n") });
    const caller = new AbortController();
    const ids: string[] = [];
    const reading = (async () => {
      for await (const { document } of new DocumentReader().read([folder], caller.signal)) {
        ids.push(document?.id ?? "");
        if (ids.length === 10) caller.abort();
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: "cancelled" });
    expect(ids.length).toBeLessThan(5_000);
  });

  it("does not start under a signal that is aborted already", async () => {
    const folder = await notes({ "a.md": "a" });
    const reader = new DocumentReader();
    await expect(reader.size([folder], AbortSignal.abort())).rejects.toMatchObject({ code: "cancelled" });
    await expect(reader.read([folder], AbortSignal.abort()).next()).rejects.toMatchObject({ code: "cancelled" });
  });
});
