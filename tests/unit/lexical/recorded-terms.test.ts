import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { analysePassage } from "../../../adapters/outbound/faiss/engine/analysis.ts";

/** By what each tries: a title, a text, and the beginning of the SHA-256 of the terms as the record keeps them. */
const PASSAGES: readonly (readonly [name: string, title: string, text: string, sha256: string])[] = [
  [
    "English prose",
    "The Keeper's Log",
    "The keepers of the lighthouse weren't idle: they'd polished the lamps, trimmed the wicks and logged 1,204 ships in 1898. WHO keeps IT lit? Generously, universities have organised the archives; the skies were dying, the ponies cried, and nobody’s lenses were replaced easily.",
    "45afdbaabde91848",
  ],
  [
    "code and names",
    "porter2.ts",
    "const parseBody = (HTTPServer, snake_case, a1-b1-c1-d1-e1-f1-g1) => v1.2.3 + 3.14; // C++ or c# (not C#x), U.S.A., state-of-the-art, faiss-node, mRNA, BM25, XMLHttpRequest2, node.js's, e.g. 0.5.1, x++ y",
    "72a5cbd159af38dd",
  ],
  [
    "French",
    "Transformateurs",
    "La vérification des installations est faite par une entreprise qui est dans la région; l’été, œuvres et cœurs ça et là, où Ÿ et ÿ.",
    "ef9dc775885e6ccc",
  ],
  [
    "German",
    "Häuser",
    "Das ist nicht die Wohnung, in der wir früher wohnten; die Straße wird gebaut, und GROẞE Übungen müssen sein. Łódź, Žižek, Ångström.",
    "b754ad9163e69c07",
  ],
  [
    "Vietnamese",
    "",
    "Một cuốn sách mới được viết bằng tiếng Việt, với những dấu thanh khác nhau: mốt, mot, mọt, ơn, ưa.",
    "3cbc8c69732d7474",
  ],
  ["Turkish", "", "İstanbul bir şehir ve bu ile ne nasıl: ışık, IŞIK, iyi, İyi.", "e8fdffba7b55027c"],
  [
    "Russian",
    "Ёлка",
    "Информация о новых информационных системах: ёлка, йод, Москва\u0301, съезд и объём.",
    "54f10b8eb431f41a",
  ],
  ["Greek", "", "Πληροφορίες για τη νέα βιβλιοθήκη: ΟΔΟΣ, οδός, Ὀδυσσεύς, άνθρωπος.", "8ec38e2f9dca72cf"],
  ["Arabic", "", "المكتبة مكتبات وَمَكْتَبَة والمكتبة، إلى آخره، مـدرسة كبيرة والكتاب بالقلم ١٢٣.", "bce6f4332b74a7bc"],
  ["Hindi and Hebrew", "", "हिन्दी में लिखी हुई किताबें पुस्तकालय में हैं। שלום עולם, ספרייה חדשה.", "1d25139077e7bce9"],
  ["Korean", "검색", "검색엔진은 문서를 빠르게 찾습니다. 책 한 권, Node.js로 만든 서버, 각 각.", "60dad76a467412e0"],
  ["Thai, Lao, Khmer, Burmese", "", "ภาษาไทยไม่มีช่องว่าง ไป ພາສາລາວ ភាសាខ្មែរ မြန်မာစာ 2,500บาท", "c08d4f424f8da49d"],
  [
    "Chinese",
    "灯塔",
    "灯塔照亮港口，检索引擎把索引文件存放在磁盘上；用Node.js写的服务，支持C++与faiss_index，共1,000个文档。〇一二，人々。",
    "8ca4910b60ea7367",
  ],
  [
    "Japanese",
    "検索エンジン",
    "検索エンジンはデータベースの文書を探します。プログラミング言語ﾃｽﾄとＡＢＣ、が・ガ、ラーメン、コンピューター_x、〆切、日々。",
    "38aab2e2f41b5e01",
  ],
  [
    "compatibility and astral characters",
    "ﬁle ½",
    "ﬁle ＡＢＣ１２３ x² ™ … ① ㌔ 𠮷野家で𠀀𠀁𠀂 𝐀𝐁 😀🏽 a\u0300\u0301b \u0301 K Kan Å \ud800 漢\udc00字 ⺀字",
    "b061af65da5cfe6b",
  ],
  ["apart from words", "", " \n — … !? -_- ' . ,", "a536aa3cede6ea3c"],
  [
    "long words and many repetitions",
    "again",
    `${"x".repeat(300)} ${"A1".repeat(40)} ${"data ".repeat(300)} ${"漢".repeat(80)} ${"ก".repeat(10)}`,
    "f4c9ffa34bda87b7",
  ],
];

describe("the terms that the record keeps", () => {
  // Where these bytes change, ANALYZER_VERSION has to change too: an index would mix terms of two kinds.
  it.each(PASSAGES)("are, for %s, byte for byte those of the analyzer's version", (_name, title, text, sha256) => {
    const bytes = analysePassage({ title, searchText: title === "" ? text : `${title}\n${text}` });
    expect(createHash("sha256").update(bytes).digest("hex").slice(0, sha256.length)).toBe(sha256);
  });
});
