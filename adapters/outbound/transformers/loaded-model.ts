import { isAbsolute } from "node:path";
import {
  AutoModel,
  AutoTokenizer,
  env,
  type PreTrainedModel,
  type PreTrainedTokenizer,
} from "@huggingface/transformers";
import { z } from "zod";
import { type Pooling, pool } from "./pooling.ts";
import type { ModelSettings } from "./protocol.ts";

/** A tensor as the library hands it over. */
const tensor = z.object({ dims: z.array(z.number()), data: z.instanceof(Float32Array) });
const integers = z.object({ data: z.instanceof(BigInt64Array) });
/** Models name the vectors of their tokens in one of these ways. */
const output = z.union([
  z.object({ last_hidden_state: tensor }).transform((named) => named.last_hidden_state),
  z.object({ token_embeddings: tensor }).transform((named) => named.token_embeddings),
]);

/** A tokenizer and a model in memory. */
export class LoadedModel {
  private readonly tokenizer: PreTrainedTokenizer;
  private readonly model: PreTrainedModel;
  private readonly pooling: Pooling;
  private readonly maxTokens: number;

  private constructor(tokenizer: PreTrainedTokenizer, model: PreTrainedModel, settings: ModelSettings) {
    this.tokenizer = tokenizer;
    this.model = model;
    this.pooling = settings.pooling;
    const positions = z.object({ max_position_embeddings: z.number() }).safeParse(model.config);
    this.maxTokens = Math.min(
      settings.max_tokens ?? Number.POSITIVE_INFINITY,
      tokenizer.model_max_length,
      positions.data?.max_position_embeddings ?? Number.POSITIVE_INFINITY,
    );
  }

  /** Reads the model's files; downloads what is missing only where the settings allow it. */
  static async load(settings: ModelSettings): Promise<LoadedModel> {
    const { model, dtype, cacheDirectory, allow_download: allowDownload } = settings;
    const isRemote = allowDownload && !isAbsolute(model);
    env.allowRemoteModels = isRemote;
    env.allowLocalModels = !isRemote || isAbsolute(model);
    env.remoteHost = settings.hub_url;
    env.cacheDir = cacheDirectory;
    // Where a name of the Hub is looked for as a folder.
    env.localModelPath = cacheDirectory;
    const local = { local_files_only: !isRemote };
    const tokenizer = await AutoTokenizer.from_pretrained(model, local);
    return new LoadedModel(
      tokenizer,
      await AutoModel.from_pretrained(model, { ...local, dtype, device: "cpu" }),
      settings,
    );
  }

  /** The texts' vectors one after the other, of length 1; what is past the most tokens of a text is left out. */
  async embed(texts: readonly string[]): Promise<Float32Array> {
    const bound = Number.isFinite(this.maxTokens) ? { max_length: this.maxTokens } : {};
    const inputs = this.tokenizer([...texts], { padding: true, truncation: true, ...bound });
    const mask = integers.parse(inputs.attention_mask).data;
    const { dims, data } = output.parse(await this.model(inputs));
    const [batch = 0, tokens = 0, hidden = 0] = dims;
    if (dims.length !== 3 || batch !== texts.length)
      throw new Error(`The model answers in the shape [${dims.join(", ")}].`);
    return pool({ states: data, mask, batch, tokens, hidden }, this.pooling);
  }
}
