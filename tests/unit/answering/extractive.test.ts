import { describe, expect, it } from "vitest";
import { ExtractiveCompletion } from "../../../adapters/outbound/extractive/completion.ts";
import { selectSentences } from "../../../adapters/outbound/extractive/select-sentences.ts";
import { citationsOf } from "../../../domain/citations.ts";
import type { Source } from "../../../domain/prompt.ts";
import { sourcesOf } from "../../support/passages.ts";
import { wordTokenizer } from "../../support/word-tokenizer.ts";

const SOURCES = sourcesOf(
  "## Storage\n\nThe FAISS index lives in a child process of its own. A crash of that process costs one restart, because the index is rebuilt from the SQLite record.",
  "Kendra finds passages in an index of yours. It asks for credentials of AWS.",
  "索引只是副本,真正的记录保存在数据库里。进程崩溃之后,索引会从数据库重建,所以不会丢失数据。",
);

function completing(question: string, sources: readonly Source[] = SOURCES, maxTokens = 200) {
  const request = { prompt: { system: "", messages: [], question, sources }, maxTokens };
  return new ExtractiveCompletion(wordTokenizer).complete(request, new AbortController().signal);
}

describe("ExtractiveCompletion", () => {
  it("answers with the sentence that answers, cited and verified", async () => {
    const { text, finishReason } = await completing("What happens to the FAISS index after a crash?");
    expect(text).toContain(
      "A crash of that process costs one restart, because the index is rebuilt from the SQLite record. [1]",
    );
    expect(finishReason).toBe("stop");
    expect(citationsOf(text, SOURCES).every(({ verified }) => verified)).toBe(true);
  });

  it("answers a Chinese question with a Chinese sentence", async () => {
    const { text } = await completing("进程崩溃之后索引怎么办?");
    expect(text).toContain("进程崩溃之后,索引会从数据库重建,所以不会丢失数据。 [3]");
  });

  it("says that it found nothing where nothing fits, in the question's language", async () => {
    expect(await completing("Who won the football world cup in 1998?")).toMatchObject({
      text: "The passages hold no answer to this question.",
      finishReason: "no-answer",
    });
    expect(await completing("谁赢得了一九九八年世界杯冠军?")).toMatchObject({
      text: "所给的段落中没有这个问题的答案。",
      finishReason: "no-answer",
    });
    expect(await completing("anything at all", [])).toMatchObject({ finishReason: "no-answer" });
  });

  it("keeps within maxTokens, whole sentences first", async () => {
    const { text, finishReason } = await completing("What happens to the FAISS index after a crash?", SOURCES, 6);
    expect(wordTokenizer.count(text)).toBeLessThanOrEqual(6);
    expect(finishReason).toBe("length");
  });
});

describe("selectSentences", () => {
  it("does not say the same twice", () => {
    const same = "The index is rebuilt from the record after a crash.";
    expect(selectSentences("What is rebuilt after a crash?", sourcesOf(same, same, same))).toHaveLength(1);
  });

  it("never answers with a question, a heading or a citation mark of the source", () => {
    const [sentence, ...others] = selectSentences(
      "How is the index rebuilt after a crash?",
      sourcesOf(
        "# How is the index rebuilt after a crash?\n\nHow is the index rebuilt after a crash? The index is rebuilt from the record after a crash [2].",
      ),
    );
    expect(sentence?.text).toBe("The index is rebuilt from the record after a crash.");
    expect(others).toEqual([]);
  });

  it("answers nothing where the rarest thing asked for stands nowhere", () => {
    const vendors = ["OpenAI", "Bedrock", "Kendra", "FAISS", "Deno", "Debian"];
    const sources = sourcesOf(...vendors.map((vendor) => `You can run Pharos with ${vendor} on one machine.`));
    expect(selectSentences("Can Pharos run with Pinecone?", sources)).toEqual([]);
  });

  it("leaves out what fits much worse than the best", () => {
    const sources = sourcesOf("The lighthouse lamp has a white colour. The lighthouse lamp is old and heavy.");
    expect(selectSentences("What colour has the lighthouse lamp?", sources).map(({ text }) => text)).toEqual([
      "The lighthouse lamp has a white colour.",
    ]);
  });

  it("finds the words of a Japanese question, which no spaces part", () => {
    const sources = sourcesOf(
      "灯台は岬に立っています。夕方になると灯台守が灯台に明かりをともします。港には小さな船が並びます。",
    );
    const [first] = selectSentences("灯台守は夕方に何をしますか？", sources);
    expect(first?.text).toBe("夕方になると灯台守が灯台に明かりをともします。");
  });

  it("prefers the sentence that begins with what is asked about", () => {
    const sources = sourcesOf("Everybody who sails knows the lighthouse. The lighthouse is a tower with a lamp.");
    expect(selectSentences("What is a lighthouse?", sources)[0]?.text).toBe("The lighthouse is a tower with a lamp.");
  });

  it("drops the marks of Markdown's lists, emphasis and links", () => {
    const sources = sourcesOf("- **The lighthouse** is described in [its own page](lighthouse.md).");
    expect(selectSentences("Where is the lighthouse described?", sources)[0]?.text).toBe(
      "The lighthouse is described in its own page.",
    );
  });

  it("prefers the better source where two say it alike", () => {
    const [first] = selectSentences(
      "What colour is the lighthouse?",
      sourcesOf("The lighthouse has a white colour.", "The lighthouse has a grey colour."),
    );
    expect(first?.marker).toBe(1);
  });
});
