import { describe, expect, it } from "vitest";
import { detectLanguage } from "../../../domain/text/language.ts";

describe("detectLanguage", () => {
  it.each([
    ["en", "How does Pharos keep its index safe from a crash?"],
    ["en", "FAISS crash recovery"],
    ["en", "the naïve approach"],
    ["zh", "Pharos 如何保证 FAISS 索引在崩溃后仍然安全？"],
    ["zh", "索引"],
    ["ja", "FAISSの索引はどのように守られますか"],
    ["ja", "データベース"],
    ["ko", "검색 엔진은 어떻게 작동합니까"],
    ["en", "Extraction of roots by repeated subtractions"],
    ["en", "de novo assembly, in vitro"],
    ["other", "Wie kann ein Dienst das merken?"],
    ["other", "Quelle est la taille du fichier ?"],
    ["other", "Mahkeme hangi karara itiraz etti?"],
    ["other", "Wie bleibt der Index vor einem Absturz des Dienstes sicher"],
    ["other", "café résumé"],
    ["other", "Как это работает"],
    ["other", "كيف يعمل هذا"],
  ])("says %s of %j", (language, text) => {
    expect(detectLanguage(text)).toBe(language);
  });

  it("takes a Chinese text that quotes a little Japanese for Chinese", () => {
    expect(detectLanguage("日语中的助词「の」常常表示所属关系，相当于汉语中的“的”字。")).toBe("zh");
  });

  it("takes English that names a Chinese word for English", () => {
    expect(detectLanguage("The Chinese word for an index is 索引, and it is used in every database manual.")).toBe(
      "en",
    );
  });

  it("takes a long text without any English function word for another language", () => {
    const swahili = "Mfumo huu unahifadhi nyaraka zako kwenye hifadhidata moja ";
    expect(detectLanguage(swahili.repeat(4))).toBe("other");
  });

  it("knows the words of a language in capitals, and the Kelvin sign for a K", () => {
    expect(["WHAT IS THIS", "DAS IST NICHT", "\u212aann"].map(detectLanguage)).toEqual(["en", "other", "other"]);
  });

  it("counts text without letters as English", () => {
    expect([detectLanguage(""), detectLanguage("42 %")]).toEqual(["en", "en"]);
  });
});
