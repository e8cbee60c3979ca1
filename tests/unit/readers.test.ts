import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DOCUMENT_LIMITS } from "../../domain/document.ts";
import { mayRead, parseReaders } from "../../domain/readers.ts";

const ADA = { userId: "ada", groups: ["captains", "cooks"] };

describe("mayRead", () => {
  it.each([
    ["everybody where there are no readers", undefined, undefined, true],
    ["nobody known only what is everybody's", { users: ["ada"], groups: [] }, undefined, false],
    ["a user that is named", { users: ["bob", "ada"], groups: [] }, ADA, true],
    ["a member of a group that is named", { users: [], groups: ["cooks"] }, ADA, true],
    ["nobody where both lists are empty", { users: [], groups: [] }, ADA, false],
    ["no user named like a group", { users: [], groups: ["ada"] }, ADA, false],
    ["no group named like a user", { users: ["captains"], groups: [] }, ADA, false],
    ["no id in other letters", { users: ["Ada", "ada "], groups: ["Cooks", "cook"] }, ADA, false],
    ["no id in another normal form", { users: ["Jose\u0301"], groups: [] }, { userId: "Jos\u00e9", groups: [] }, false],
    ["no empty id", { users: ["ada"], groups: ["cooks"] }, { userId: "", groups: [""] }, false],
  ])("lets in %s", (_what, readers, principal, expected) => {
    expect(mayRead(readers, principal)).toBe(expected);
  });
});

describe("parseReaders", () => {
  it.each([
    [{ users: ["ada"], groups: ["captains"] }],
    [{ users: [], groups: [] }],
    [{ users: ["ada"] }],
    [{ groups: ["船员", "a,b"] }],
  ])("reads %j", (json) => {
    expect(parseReaders(json)).toEqual({ readers: { users: [], groups: [], ...json } });
  });

  const { readersListLength, readerIdLength } = DOCUMENT_LIMITS;
  it.each([
    [null, [["readers", "must be an object with users, groups or both"]]],
    ["ada", [["readers", "must be an object with users, groups or both"]]],
    [["ada"], [["readers", "must be an object with users, groups or both"]]],
    [{}, [["readers", "must name users, groups or both"]]],
    [{ users: "ada" }, [["readers.users", "must be a list of texts"]]],
    [{ users: null, groups: [] }, [["readers.users", "must be a list of texts"]]],
    [{ user: ["ada"] }, [["readers.user", "is not known; known are users and groups"]]],
    [
      { users: ["ada", 7, ""], groups: [" a", "a\n", "\ud83d", "x".repeat(readerIdLength + 1)] },
      [
        ["readers.users[1]", "must be a text"],
        ["readers.users[2]", "must not be empty"],
        ["readers.groups[0]", "must have no white space around it"],
        ["readers.groups[1]", "must have no white space around it"],
        ["readers.groups[2]", "must be well-formed Unicode"],
        ["readers.groups[3]", `must have at most ${readerIdLength} characters`],
      ],
    ],
    [
      { groups: Array.from({ length: readersListLength + 1 }, (_, index) => `${index}`) },
      [["readers.groups", `must have at most ${readersListLength} items`]],
    ],
  ])("names everything that is wrong with %j", (json, expected) => {
    const { readers, problems } = parseReaders(json);
    expect(readers).toBeUndefined();
    expect(problems?.map(({ field, message }) => [field, message])).toEqual(expected);
  });

  it("gives readers or problems, whatever it is given", () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.record({ users: fc.jsonValue(), groups: fc.jsonValue() })), (json) => {
        const { readers, problems } = parseReaders(json);
        expect(readers === undefined).toBe((problems ?? []).length > 0);
      }),
    );
  });
});
