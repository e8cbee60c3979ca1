import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

const SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"] as const;
const CHARACTERS = [..."abcdefghijklmnopqrstuvwxyz0123456789"];

/** Pieces of the tiny model's tokenizer, each with its place in the embedding table: a character at a word's begin, or within. */
const TINY_VOCABULARY: readonly string[] = [
  ...SPECIAL,
  ...CHARACTERS,
  ...CHARACTERS.map((character) => `##${character}`),
];

export const TINY_HIDDEN = 8;
/** Tokens of a text that the tokenizer's own settings allow. */
const TINY_MAX_TOKENS = 64;

/** The row of the embedding table for a piece: the padding's too is not zero, so that whoever adds it up is found out. */
export function tinyRow(piece: string, hidden = TINY_HIDDEN): readonly number[] {
  const place = TINY_VOCABULARY.indexOf(piece);
  return Array.from({ length: hidden }, (_, index) => Math.fround(Math.sin((place + 1) * (index + 1) * 0.7)));
}

interface TinyModel {
  readonly file?: string;
  /** Rows of the table: a token past them makes the model fail. */
  readonly rows?: number;
  readonly hidden?: number;
}

/**
 * Writes a folder as the Hub lays them out, with a real ONNX model in it: it looks each token up in a table, so that its
 * `last_hidden_state` can be computed by hand.
 */
export async function writeTinyModel(folder: string, { file = "model.onnx", ...shape }: TinyModel = {}): Promise<void> {
  await mkdir(join(folder, "onnx"), { recursive: true });
  const json = (name: string, value: unknown) => writeFile(join(folder, name), JSON.stringify(value));
  await json("config.json", {
    model_type: "bert",
    architectures: ["BertModel"],
    hidden_size: TINY_HIDDEN,
    vocab_size: TINY_VOCABULARY.length,
  });
  await json("tokenizer.json", tokenizer());
  await json("tokenizer_config.json", {
    tokenizer_class: "BertTokenizer",
    model_max_length: TINY_MAX_TOKENS,
    pad_token: "[PAD]",
    unk_token: "[UNK]",
    cls_token: "[CLS]",
    sep_token: "[SEP]",
  });
  await writeFile(join(folder, "onnx", file), onnxModel(shape));
}

function tokenizer(): unknown {
  const special = (content: string) => ({ SpecialToken: { id: content, type_id: 0 } });
  const ids = Object.fromEntries(["[CLS]", "[SEP]"].map((id) => [id, { id, ids: [placeOf(id)], tokens: [id] }]));
  const sequence = (id: string) => ({ Sequence: { id, type_id: 0 } });
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: SPECIAL.map((content, id) => ({
      id,
      content,
      special: true,
      normalized: false,
      single_word: false,
      lstrip: false,
      rstrip: false,
    })),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single: [special("[CLS]"), sequence("A"), special("[SEP]")],
      pair: [special("[CLS]"), sequence("A"), special("[SEP]"), sequence("B"), special("[SEP]")],
      special_tokens: ids,
    },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(TINY_VOCABULARY.map((piece, id) => [piece, id])),
    },
  };
}

function placeOf(piece: string): number {
  return TINY_VOCABULARY.indexOf(piece);
}

const FLOAT = 1;
const INT64 = 7;

/** One Gather, in the protobuf of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. */
function onnxModel({ rows = TINY_VOCABULARY.length, hidden = TINY_HIDDEN }: TinyModel): Buffer {
  const table = Float32Array.from(TINY_VOCABULARY.slice(0, rows).flatMap((piece) => tinyRow(piece, hidden)));
  const initializer = message(
    number(1, rows),
    number(1, hidden),
    number(2, FLOAT),
    bytes(8, "table"),
    bytes(9, Buffer.from(table.buffer)),
  );
  const gather = message(bytes(1, "table"), bytes(1, "input_ids"), bytes(2, "last_hidden_state"), bytes(4, "Gather"));
  const graph = message(
    bytes(1, gather),
    bytes(2, "tiny"),
    bytes(5, initializer),
    bytes(11, valueInfo("input_ids", INT64, ["batch", "tokens"])),
    bytes(11, valueInfo("attention_mask", INT64, ["batch", "tokens"])),
    bytes(12, valueInfo("last_hidden_state", FLOAT, ["batch", "tokens", hidden])),
  );
  return message(number(1, 8), bytes(7, graph), bytes(8, message(bytes(1, ""), number(2, 13))));
}

function valueInfo(name: string, type: number, shape: readonly (string | number)[]): Buffer {
  const dimensions = shape.map((size) =>
    bytes(1, typeof size === "number" ? message(number(1, size)) : message(bytes(2, size))),
  );
  const tensor = message(number(1, type), bytes(2, message(...dimensions)));
  return message(bytes(1, name), bytes(2, message(bytes(1, tensor))));
}

function message(...fields: readonly Buffer[]): Buffer {
  return Buffer.concat(fields);
}

function number(field: number, value: number): Buffer {
  return Buffer.concat([varint(field << 3), varint(value)]);
}

function bytes(field: number, value: string | Buffer): Buffer {
  const content = Buffer.from(value);
  return Buffer.concat([varint((field << 3) | 2), varint(content.length), content]);
}

function varint(value: number): Buffer {
  const parts: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) parts.push((rest & 0x7f) | 0x80);
  return Buffer.from([...parts, rest]);
}
