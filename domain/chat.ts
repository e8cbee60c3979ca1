/** A piece of what a user says. */
export type ContentPart =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image"; readonly image: Image };

/** An image by its bytes, or by an address that the vendor reads. */
export type Image = (
  | { readonly mediaType: string; readonly base64: string; readonly url?: never }
  | { readonly url: string; readonly mediaType?: never; readonly base64?: never }
) & {
  /** How closely the model looks; its own choice where absent. */
  readonly detail?: "low" | "high" | "auto";
};

/** One turn of a conversation. Instructions are no turn: they are the prompt's `system`. */
export type Message =
  | { readonly role: "user"; readonly content: string | readonly ContentPart[] }
  | { readonly role: "assistant"; readonly content: string; readonly toolCalls?: readonly ToolCall[] }
  /** What a tool gave for the call of this id, which an earlier turn of the assistant made. */
  | { readonly role: "tool"; readonly toolCallId: string; readonly content: string };

/** A function of the caller's that the model may ask to be called. */
export interface Tool {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of its arguments, an object. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Whether the arguments must satisfy the schema exactly. Default: false. */
  readonly strict?: boolean;
}

/** A tool that the model wants called. */
export interface ToolCall {
  /** Unlike that of any other call of the answer. */
  readonly id: string;
  readonly name: string;
  /** JSON as the model wrote it: it may be no JSON, or not satisfy the schema. */
  readonly arguments: string;
}

/** `auto` the model's choice, `none` no tool, `required` at least one, or the one of this name. */
export type ToolChoice = "auto" | "none" | "required" | { readonly name: string };

/** `json-object` any JSON object, `json-schema` one that satisfies the schema. */
export type ResponseFormat =
  | { readonly type: "text" }
  | { readonly type: "json-object" }
  | {
      readonly type: "json-schema";
      readonly name: string;
      readonly description?: string;
      readonly schema: Readonly<Record<string, unknown>>;
      readonly strict?: boolean;
    };

/** How likely a token was, and which others were likely in its place, likeliest first. */
export interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
  /** UTF-8; absent where the vendor does not say. */
  readonly bytes?: readonly number[];
  readonly alternatives: readonly Omit<TokenLogprob, "alternatives">[];
}

/** How a model is to write, each the model's own default where absent. Not every model honours all of them. */
export interface CompletionParameters {
  /** In [0, 2]. */
  readonly temperature?: number;
  /** In [0, 1]. */
  readonly topP?: number;
  /** Texts that end the answer, and are not in it; 1 to 4. */
  readonly stop?: readonly string[];
  readonly seed?: number;
  /** In [-2, 2]. */
  readonly frequencyPenalty?: number;
  /** In [-2, 2]. */
  readonly presencePenalty?: number;
  /** Alternatives that are told with each token, 0 to 20; absent, no token's likelihood is told. */
  readonly topLogprobs?: number;
  readonly tools?: readonly Tool[];
  readonly toolChoice?: ToolChoice;
  readonly parallelToolCalls?: boolean;
  readonly responseFormat?: ResponseFormat;
  readonly reasoningEffort?: "none" | "minimal" | "low" | "medium" | "high" | "xhigh";
}

/** What a model may or may not be able to do. */
export type CompletionFeature = keyof CompletionParameters | "images" | "imageUrls";
