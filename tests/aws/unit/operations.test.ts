import { readFile } from "node:fs/promises";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { alarms } from "../../../infrastructure/aws/alarms.ts";
import { configSchema } from "../../../infrastructure/aws/config-schema.ts";

const PAGES = ["docs/operations.md", "docs/zh/operations.md"];

const pages = new Map<string, string>();
for (const page of PAGES) pages.set(page, await readFile(new URL(`../../../${page}`, import.meta.url), "utf8"));

/** The cells of the page's rows whose first cell is like this. */
function rows(page: string, first: RegExp): readonly (readonly string[])[] {
  const lines = (pages.get(page) ?? "").split("\n").filter((line) => line.startsWith("| "));
  const cells = lines.map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );
  return cells.filter(([cell = ""]) => first.test(cell));
}

describe.each(PAGES)("%s", (page) => {
  it("names every key of the stack's config, in its order, and no other", () => {
    const named = rows(page, /`pharos:/u).map(([cell = ""]) => /`pharos:(\w+)`/u.exec(cell)?.[1]);
    const keys = Object.keys(configSchema.shape);
    expect(named.toSorted()).toEqual(keys.toSorted());
  });

  it("tells the defaults that the program has", () => {
    const defaults: Readonly<Record<string, unknown>> = configSchema.parse({});
    for (const [cell = "", told = ""] of rows(page, /`pharos:/u)) {
      const key = /`pharos:(\w+)`/u.exec(cell)?.[1] ?? "";
      const value = defaults[key];
      if (value === undefined) continue;
      expect(told, key).toBe(`\`${typeof value === "object" ? JSON.stringify(value) : value}\``);
    }
  });

  it("says what to do for every alarm", () => {
    const deployment = { loadBalancerArnSuffix: "", targetGroupArnSuffix: "", clusterName: "", serviceName: "" };
    const names = alarms({ ...deployment, name: "pharos", minTasks: 2, vendors: ["bedrock"] }).map(({ name }) => name);
    const told = rows(page, /^`pharos-/u).map(([cell = ""]) => cell.replaceAll("`", ""));
    expect(told).toEqual(names.map((name) => `pharos-${name.replace(/-bedrock$/u, "-...")}`));
  });

  it("reckons the cost rightly", () => {
    const priced = rows(page, /./u).filter(([, , usd = ""]) => /^\d+\.\d\d$/u.test(usd));
    // The last row is the gateways', which come on top.
    for (const [, reckoned = "", usd] of priced) {
      const [expression = ""] = /^[\d.x+() ]+\d\)?/u.exec(reckoned) ?? [];
      expect(Number(runInNewContext(expression.replaceAll("x", "*"))).toFixed(2), reckoned).toBe(usd);
    }
    const together = rows(page, /^\*\*/u)[0]?.[2]?.replaceAll("*", "");
    const sum = priced.slice(0, -1).reduce((total, [, , usd]) => total + Number(usd), 0);
    expect(sum.toFixed(2)).toBe(together);
  });

  it("shows the commands, the policies' place and the cases that the other language shows", () => {
    const blocksOf = (text = "") =>
      [...text.matchAll(/```\w+\n.*?```/gsu)].map(([block]) => block.replaceAll(/ +#.*/gu, ""));
    const [english, chinese] = PAGES.map((name) => pages.get(name));
    expect(blocksOf(chinese)).toEqual(blocksOf(english));
    expect(pages.get(page)).toMatch(/<!-- policies -->\n.*<!-- \/policies -->/su);
    expect(rows(page, /./u)).toHaveLength(rows(PAGES[0] ?? "", /./u).length);
  });
});
