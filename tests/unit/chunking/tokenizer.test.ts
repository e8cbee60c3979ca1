import { encode } from "gpt-tokenizer/encoding/o200k_base";
import { describe, expect, it } from "vitest";
import { GptTokenizer } from "../../../adapters/outbound/tokenizer/tokenizer.ts";

const tokenizer = new GptTokenizer();
const MEBIBYTE = 1_048_576;

describe("GptTokenizer", () => {
  it("counts nothing in an empty text", () => {
    expect(tokenizer.count("")).toBe(0);
  });

  it.each([
    "The index is rebuilt from the record; the record is SQLite.",
    "索引由记录重建，记录保存在数据库里。崩溃不会丢失任何已确认的内容。",
    "日本語の文章もトークンに分けられます。",
    "  def main():\n\t\treturn {'a': 1_000}  # ----------\n\n\n",
    "👩‍👩‍👧 naïve café Ελληνικά العربية",
  ])("counts what the encoding has: %j", (text) => {
    expect(tokenizer.count(text)).toBe(encode(text).length);
  });

  it("takes what looks like a control token as plain text", () => {
    expect(tokenizer.count("<|endoftext|>")).toBeGreaterThan(1);
    expect(tokenizer.count("a <|im_start|>system <|endofprompt|> b")).toBeGreaterThan(8);
  });

  it("counts at most one token too many for every 64 characters of a run without a break", () => {
    const run = "事".repeat(1_000);
    const exact = encode(run).length;
    expect(tokenizer.count(run)).toBeGreaterThanOrEqual(exact);
    expect(tokenizer.count(run)).toBeLessThanOrEqual(exact + Math.ceil(run.length / 64));
  });

  it.each([
    ["one letter", "a".repeat(MEBIBYTE)],
    ["spaces", " ".repeat(MEBIBYTE)],
    ["signs", "!?".repeat(MEBIBYTE / 2)],
    ["contractions", "'s".repeat(MEBIBYTE / 2)],
    ["Chinese without punctuation", "索引由记录重建".repeat(MEBIBYTE / 7)],
    ["half surrogate pairs", "\ud83d".repeat(MEBIBYTE)],
  ])("comes to an end with a mebibyte of %s", (_, text) => {
    expect(tokenizer.count(text)).toBeGreaterThan(0);
  });
});
