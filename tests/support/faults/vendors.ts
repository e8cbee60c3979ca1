import { bedrockDialect } from "../wires/bedrock-wire.ts";
import { type LoopbackCall, replyJson } from "../wires/loopback.ts";
import { openaiDialect, openaiFailure } from "../wires/openai-wire.ts";
import type { Dialect } from "../wires/scripted-vendor.ts";

/** A reply that reports a failure. */
interface ErrorReply {
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How a vendor writes its failures. */
export interface FaultyVendorKind {
  readonly name: "openai" | "bedrock";
  readonly dialect: Dialect;
  /** Name of the model that a call asks. */
  model(call: LoopbackCall): string;
  errors(status: number): ErrorReply;
  /** A part of a stream that cannot be read. */
  readonly brokenFrame: Uint8Array;
  /** Refuses a prompt as too long. */
  overflow(call: LoopbackCall): void;
}

/** https://developers.openai.com/api/docs/guides/error-codes */
const OPENAI_WORDS: Readonly<Record<number, readonly [type: string, code: string | null]>> = {
  400: ["invalid_request_error", null],
  401: ["invalid_request_error", "invalid_api_key"],
  403: ["invalid_request_error", "unsupported_country_region_territory"],
  404: ["invalid_request_error", "model_not_found"],
  429: ["requests", "rate_limit_exceeded"],
  529: ["overloaded_error", null],
};

export const FAULTY_OPENAI: FaultyVendorKind = {
  name: "openai",
  dialect: openaiDialect,
  model: ({ body }) => String(body.model),
  errors: (status) => {
    const [type, code] =
      OPENAI_WORDS[status] ?? (status < 500 ? ["invalid_request_error", null] : ["server_error", null]);
    return { body: { error: { message: "No: sk-loopback-secret.", type, param: null, code } } };
  },
  brokenFrame: Buffer.from('data: {"choices": [{\n\n'),
  overflow: openaiFailure("context-overflow"),
};

/** Of the statuses that a model of Bedrock has (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html); the others are a proxy's. */
const BEDROCK_EXCEPTIONS: Readonly<Record<number, string>> = {
  400: "ValidationException",
  403: "AccessDeniedException",
  404: "ResourceNotFoundException",
  408: "ModelTimeoutException",
  429: "ThrottlingException",
  500: "InternalServerException",
  503: "ServiceUnavailableException",
};

export const FAULTY_BEDROCK: FaultyVendorKind = {
  name: "bedrock",
  dialect: bedrockDialect,
  model: ({ path }) => path.split("/")[2] ?? "",
  errors: (status) => {
    const name = BEDROCK_EXCEPTIONS[status];
    const body = { message: "No: AKIALOOPBACKSECRET." };
    return name === undefined ? { body } : { body, headers: { "x-amzn-errortype": name } };
  },
  brokenFrame: bedrockDialect.delta("There").map((byte) => byte ^ 0xff),
  overflow: (call) => {
    const message = "The model returned the following errors: Input is too long for requested model.";
    replyJson(call, 400, { message }, { "x-amzn-errortype": "ValidationException" });
  },
};
