import { OpenAI } from "openai";

export interface OpenAIAccount {
  readonly api_key: string;
  readonly base_url: string;
  readonly organization?: string | undefined;
}

/** The longest that a timer takes: the SDK wants a timeout, and the caller's signal is the only clock here. */
const NEVER_MS = 2 ** 31 - 1;

/** The official client, told everything so that it reads nothing from the environment, with one attempt a call. */
export class ConfiguredOpenAI extends OpenAI {
  constructor({ api_key, base_url, organization }: OpenAIAccount) {
    super({
      apiKey: api_key,
      baseURL: base_url,
      organization: organization ?? null,
      project: null,
      adminAPIKey: null,
      webhookSecret: null,
      maxRetries: 0,
      timeout: NEVER_MS,
      logLevel: "off",
    });
    // The SDK takes OPENAI_CUSTOM_HEADERS whatever it is told, and has no other default headers here.
    this._options.defaultHeaders = undefined;
  }
}
