import type { FinishReason } from "../../../domain/answer.ts";
import type { CompletionFeature } from "../../../domain/chat.ts";
import { throwIfAborted } from "../../../domain/errors.ts";
import { noAnswerText } from "../../../domain/no-answer.ts";
import type {
  Completion,
  CompletionEvent,
  CompletionPort,
  CompletionRequest,
} from "../../../domain/ports/completion-port.ts";
import type { TokenizerPort } from "../../../domain/ports/tokenizer-port.ts";
import { warnUnsupported } from "../../../domain/unsupported-parameters.ts";
import { selectSentences } from "./select-sentences.ts";

/**
 * An extractive answerer, not a language model: it writes nothing of its own, but answers with those sentences of the
 * sources that cover the question best, each with its citation, and says so where none fits. It honours `maxTokens`,
 * has no use for `temperature`, history or instructions, and costs no vendor's tokens: usage is that of its own text.
 */
export class ExtractiveCompletion implements CompletionPort {
  readonly contextTokens = 1_000_000;
  /** A temperature changes nothing, and is taken without a word. */
  readonly supports: ReadonlySet<CompletionFeature> = new Set(["temperature"]);
  private readonly tokenizer: TokenizerPort;

  constructor(tokenizer: TokenizerPort) {
    this.tokenizer = tokenizer;
  }

  async complete(request: CompletionRequest, signal: AbortSignal): Promise<Completion> {
    throwIfAborted(signal);
    const { pieces, finishReason } = this.write(request);
    const text = pieces.join("");
    const outputTokens = pieces.reduce((sum, piece) => sum + this.tokenizer.count(piece), 0);
    return {
      text,
      toolCalls: [],
      finishReason,
      warnings: warnUnsupported(request, this.supports),
      usage: { inputTokens: 0, outputTokens, cachedInputTokens: 0 },
    };
  }

  async *stream(request: CompletionRequest, signal: AbortSignal): AsyncGenerator<CompletionEvent, void, undefined> {
    throwIfAborted(signal);
    const { pieces, finishReason } = this.write(request);
    let outputTokens = 0;
    for (const text of pieces) {
      throwIfAborted(signal);
      outputTokens += this.tokenizer.count(text);
      yield { type: "delta", text };
    }
    throwIfAborted(signal);
    const warnings = warnUnsupported(request, this.supports);
    yield { type: "finish", finishReason, warnings, usage: { inputTokens: 0, outputTokens, cachedInputTokens: 0 } };
  }

  /** The answer in pieces of one cited sentence each, as many as maxTokens allows. */
  private write({ prompt, maxTokens = Number.POSITIVE_INFINITY }: CompletionRequest): {
    readonly pieces: readonly string[];
    readonly finishReason: FinishReason;
  } {
    const sentences = selectSentences(prompt.question, prompt.sources);
    if (sentences.length === 0) {
      return { pieces: this.fitting([noAnswerText(prompt.question)], maxTokens), finishReason: "no-answer" };
    }
    const written = sentences.map(({ text, marker }, index) => `${index === 0 ? "" : " "}${text} [${marker}]`);
    const pieces = this.fitting(written, maxTokens);
    return { pieces, finishReason: pieces.length === written.length && pieces[0] === written[0] ? "stop" : "length" };
  }

  /** The first pieces that fit; of the first one what fits, where not even that does. */
  private fitting(pieces: readonly string[], maxTokens: number): readonly string[] {
    let left = maxTokens;
    const fitting = pieces.filter((piece) => {
      left -= this.tokenizer.count(piece);
      return left >= 0;
    });
    if (fitting.length > 0) return fitting;
    let [cut = ""] = pieces;
    while (cut.length > 1 && this.tokenizer.count(cut) > maxTokens) cut = cut.slice(0, Math.floor(cut.length * 0.8));
    return [cut];
  }
}

export function createCompletion(
  _options: unknown,
  { tokenizer }: { readonly tokenizer: TokenizerPort },
): CompletionPort {
  return new ExtractiveCompletion(tokenizer);
}
