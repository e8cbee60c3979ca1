/** Questions that the sample corpus answers, with what the answer must say. */
export const ANSWERED: readonly (readonly [prompt: string, says: RegExp])[] = [
  ["How does Pharos keep its FAISS index safe from a crash?", /SQLite/u],
  ["Which environment variable sets the port of the service?", /`PORT`/u],
  ["What is the default port?", /8080/u],
  ["What is extractive?", /not a language model/u],
  ["What file formats can be ingested?", /Markdown/u],
  ["Which file holds the config?", /pharos\.yaml/u],
  ["How do I add an adapter?", /folder|registry/u],
  ["What is LSA?", /latent semantic/u],
  ["How do I delete a document?", /DELETE/u],
  ["How are citations verified?", /verified/u],
  ["Pharos 如何保证 FAISS 索引在崩溃后不丢数据？", /SQLite/u],
  ["哪个环境变量设置服务监听的端口？", /`PORT`/u],
  ["默认端口是多少？", /8080/u],
  ["可以导入哪些格式的文件？", /Markdown/u],
  ["怎样添加一个适配器？", /文件夹|注册表/u],
  ["如何删除文档？", /DELETE|删除/u],
];

/** Questions that it does not. */
export const UNANSWERED: readonly string[] = [
  "Tell me a joke.",
  "Can I use Pharos with Pinecone?",
  "Who won the football world cup of 1998 in Paris?",
  "What is the capital of Australia?",
  "How do I bake sourdough bread?",
  "Does Pharos support Google Gemini?",
  "What is the price of a ticket to Berlin?",
  "Which GPU does Pharos need?",
  "What is the weather like today?",
  "谁赢得了一九九八年世界杯冠军？",
  "今天天气怎么样？",
  "怎样做红烧肉？",
  "Pharos 支持显卡加速吗？",
  "北京到上海的高铁票多少钱？",
  "给我讲个笑话",
  "法国总统是谁？",
];
