import { detectLanguage } from "./text/language.ts";

const TEXTS: Readonly<Record<string, string>> = {
  en: "The passages hold no answer to this question.",
  zh: "所给的段落中没有这个问题的答案。",
  ja: "与えられた文章の中に、この質問の答えは見つかりませんでした。",
};

/** What is said where the passages do not hold the answer: in Chinese or Japanese to a question in it, else in English. */
export function noAnswerText(question: string): string {
  return TEXTS[detectLanguage(question) ?? "en"] ?? TEXTS.en ?? "";
}
