import { describe, expect, it } from "vitest";
import { interpolate } from "../../../infrastructure/config/interpolate.ts";

describe("interpolate", () => {
  it("replaces variables anywhere in a tree, several in one text too", () => {
    const tree = { a: ["${HOST}:${PORT}", 1, null, true], b: { c: "plain" } };
    expect(interpolate(tree, { HOST: "h", PORT: "1" }).value).toEqual({ a: ["h:1", 1, null, true], b: { c: "plain" } });
  });

  it("uses the default where the variable is missing or empty", () => {
    expect(interpolate("${A:-x}/${B:-y}", { A: "", B: "b" }).value).toBe("x/b");
    expect(interpolate("${A:-}", {}).value).toBe("");
  });

  it("gives a number where the default is one", () => {
    expect(interpolate(["${PORT:-8080}", "${PORT:-x}", "${RATE:-0.5}"], { PORT: "9" }).value).toEqual([9, "9", 0.5]);
  });

  it("gives true or false where the default is such a value", () => {
    expect(interpolate(["${A:-true}", "${B:-true}", "${C:-false}"], { B: "false", C: "yes" }).value).toEqual([
      true,
      false,
      "yes",
    ]);
  });

  it("names every variable that is missing, with its path", () => {
    const { value, missing } = interpolate({ models: { a: { key: "${KEY}", url: "${URL}/${KEY}" } } }, {});
    expect(value).toEqual({ models: { a: { key: undefined, url: undefined } } });
    expect(missing.map(({ path, variable }) => `${path.join(".")}=${variable}`)).toEqual([
      "models.a.key=KEY",
      "models.a.url=URL",
      "models.a.url=KEY",
    ]);
  });

  it("leaves an escaped variable alone", () => {
    expect(interpolate("$${HOME} and $HOME", { HOME: "h" }).value).toBe("${HOME} and $HOME");
  });

  it("tells where a `${` opens no variable, once for each text, and gives no value there", () => {
    const tree = ["${FOO", "a ${1X} ${", "${A} ${-}", "${A:-${B}}", "$${FOO", "${A:-$}"];
    const { value, malformed } = interpolate(tree, { B: "secret" });
    expect(value).toEqual([undefined, undefined, undefined, undefined, "${FOO", "$"]);
    expect(malformed).toEqual([[0], [1], [2], [3]]);
  });

  it("never reads a value's own braces as a variable", () => {
    expect(interpolate("${A}", { A: "${B}", B: "secret" }).value).toBe("${B}");
  });
});
