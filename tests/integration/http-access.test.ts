import { describe, expect, it } from "vitest";
import { RawConnection } from "./http-connection.ts";
import { type Fields, startService } from "./http-harness.ts";

const TRUSTED = { trustedPrincipalHeaders: { user: "x-user", groups: "x-groups" } };
const ADDRESS = "/corpora/memory/documents/plan";
const ADA = { "x-user": "ada" };
const CAPTAIN = { "x-user": "bob", "x-groups": "cooks, captains" };
const STRANGER = { "x-user": "captains", "x-groups": "ada" };
const PLAN = { text: "The plan.", readers: { users: ["ada"], groups: ["captains"] } };

describe("a document with readers", () => {
  it("is given back to them, with its readers, and is to nobody else as if it were not there", async () => {
    const { send } = await startService(TRUSTED);
    expect((await send("PUT", ADDRESS, PLAN)).status).toBe(201);
    for (const headers of [ADA, CAPTAIN]) {
      const { status, json } = await send("GET", ADDRESS, undefined, headers);
      expect([status, json]).toEqual([200, { id: "plan", ...PLAN }]);
    }
    for (const headers of [STRANGER, {}, { "x-groups": "captains" }]) {
      for (const method of ["GET", "DELETE"]) {
        const hidden = await send(method, ADDRESS, undefined, headers);
        const missing = await send(method, ADDRESS.replace("plan", "plam"), undefined, headers);
        expect([hidden.status, missing.status]).toEqual([404, 404]);
        expect(alike(hidden.json, "plan")).toEqual(alike(missing.json, "plam"));
        expect([...hidden.headers.keys()]).toEqual([...missing.headers.keys()]);
      }
    }
    expect((await send("GET", ADDRESS, undefined, ADA)).status).toBe(200);
    expect((await send("DELETE", ADDRESS, undefined, CAPTAIN)).status).toBe(204);
    expect((await send("GET", ADDRESS, undefined, ADA)).status).toBe(404);
  });

  it("is for nobody where the config trusts no header, whatever callers claim", async () => {
    const { send } = await startService();
    await send("PUT", ADDRESS, PLAN);
    for (const method of ["GET", "DELETE"]) expect((await send(method, ADDRESS, undefined, ADA)).status).toBe(404);
  });

  it("becomes everybody's where it is put without readers", async () => {
    const { send } = await startService(TRUSTED);
    await send("PUT", ADDRESS, PLAN);
    expect((await send("PUT", ADDRESS, { text: PLAN.text })).json).toMatchObject({ outcome: "replaced" });
    expect((await send("GET", ADDRESS)).json).toEqual({ id: "plan", text: PLAN.text });
  });

  it.each([
    [null, [["readers", "must be an object with users, groups or both"]]],
    ["ada", [["readers", "must be an object with users, groups or both"]]],
    [{ users: "ada" }, [["readers.users", "must be a list of texts"]]],
    [
      { user: ["ada"], groups: [7] },
      [
        ["readers.user", "is not known; known are users and groups"],
        ["readers.groups[0]", "must be a text"],
      ],
    ],
  ])("is refused with the readers %j, and nothing is put", async (readers, problems) => {
    const { send } = await startService(TRUSTED);
    const { status, json } = await send("PUT", ADDRESS, { text: "x", readers });
    expect(status).toBe(400);
    expect(json?.errors).toEqual(problems.map(([field, message]) => ({ field, message })));
    expect((await send("GET", ADDRESS)).status).toBe(404);
  });

  it("is nothing that a cache on the way may keep", async () => {
    const { send } = await startService(TRUSTED);
    await send("PUT", ADDRESS, PLAN);
    for (const path of [ADDRESS, "/corpora"]) {
      expect((await send("GET", path, undefined, ADA)).headers.get("cache-control")).toBe("no-store");
    }
  });
});

describe("GET /corpora", () => {
  it("counts what the caller may read, and tells nothing that depends on the rest", async () => {
    const { send } = await startService(TRUSTED);
    const counts = async (headers: Readonly<Record<string, string>>) => {
      const { json } = await send("GET", "/corpora", undefined, headers);
      return json?.corpora;
    };
    const empty = await counts({});
    await send("PUT", ADDRESS, PLAN);
    expect(await counts({})).toEqual(empty);
    expect(await counts(STRANGER)).toEqual([{ name: "memory", documents: 0, passages: 0 }]);
    expect(await counts(CAPTAIN)).toEqual([{ name: "memory", documents: 1, passages: 1 }]);
  });

  it("counts what is everybody's where the config trusts no header", async () => {
    const { send } = await startService();
    await send("PUT", ADDRESS, PLAN);
    await send("PUT", `${ADDRESS}s`, { text: "x" });
    expect((await send("GET", "/corpora", undefined, ADA)).json).toMatchObject({
      corpora: [{ documents: 1, passages: 1, generation: 2 }],
    });
  });
});

describe("the headers that name a principal", () => {
  it.each([
    ["UTF-8", Buffer.from("josé 船长", "utf8"), Buffer.from("船员, café", "utf8"), ["josé 船长", ["船员", "café"]]],
    ["a user that is no UTF-8", Buffer.from("josé", "latin1"), Buffer.from("captains", "latin1"), undefined],
    ["groups that are no UTF-8", Buffer.from("ada", "latin1"), Buffer.from("captains, café", "latin1"), ["ada", []]],
    ["two users", Buffer.from("ada\r\nx-user: bob"), Buffer.from(""), ["ada, bob", []]],
  ])("are read as UTF-8: %s", async (_what, user, groups, expected) => {
    const { server, adapters } = await startService(TRUSTED);
    const connection = await RawConnection.open(server.port);
    const body = JSON.stringify({ query: "x", vector_search_type: "memory" });
    const head = [
      "POST /search HTTP/1.1\r\nhost: x\r\nx-user: ",
      user,
      "\r\nx-groups: ",
      groups,
      `\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    ];
    connection.write(Buffer.concat(head.map((part) => Buffer.from(part))));
    expect((await connection.reply()).status).toBe(200);
    const [userId, ids] = expected ?? [];
    expect(adapters.search.requests[0]?.principal).toEqual(expected && { userId, groups: ids });
  });
});

/** The problem without what differs in every answer. */
function alike(json: Fields | undefined, id: string) {
  return { ...json, request_id: "", detail: String(json?.detail).replaceAll(id, "") };
}
