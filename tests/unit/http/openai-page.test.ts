import { readFile } from "node:fs/promises";
import type OpenAI from "openai";
import { describe, expect, it } from "vitest";
import {
  chatSchema,
  IGNORED_PARAMETERS,
  UNSUPPORTED_PARAMETERS,
} from "../../../adapters/inbound/http/openai/chat-schema.ts";
import { embeddingsSchema } from "../../../adapters/inbound/http/openai/embeddings.ts";
import { OPENAI_ERRORS, openaiStatusOf } from "../../../adapters/inbound/http/openai/errors.ts";
import type { ErrorCode } from "../../../domain/errors.ts";
import { SETTINGS } from "../../integration/http-harness.ts";

/** Every parameter that the vendor's own client knows: one that its next release adds does not compile here. */
const KNOWN: Readonly<Record<keyof OpenAI.ChatCompletionCreateParams, true>> = {
  messages: true,
  model: true,
  audio: true,
  frequency_penalty: true,
  function_call: true,
  functions: true,
  logit_bias: true,
  logprobs: true,
  max_completion_tokens: true,
  max_tokens: true,
  metadata: true,
  modalities: true,
  moderation: true,
  n: true,
  parallel_tool_calls: true,
  prediction: true,
  presence_penalty: true,
  prompt_cache_key: true,
  prompt_cache_options: true,
  prompt_cache_retention: true,
  reasoning_effort: true,
  response_format: true,
  safety_identifier: true,
  seed: true,
  service_tier: true,
  stop: true,
  store: true,
  stream: true,
  stream_options: true,
  temperature: true,
  tool_choice: true,
  tools: true,
  top_logprobs: true,
  top_p: true,
  user: true,
  verbosity: true,
  web_search_options: true,
};

const taken = Object.keys(chatSchema(SETTINGS.limits).shape);
const refused = Object.keys(UNSUPPORTED_PARAMETERS);

it("decides about every parameter that OpenAI's own client knows, and about one of ours", () => {
  expect([...taken, ...refused].toSorted()).toEqual([...Object.keys(KNOWN), "retrieval"].toSorted());
  expect(taken).toEqual(expect.arrayContaining([...IGNORED_PARAMETERS]));
});

describe.each(["docs/openai-api.md", "docs/zh/openai-api.md"])("%s", (path) => {
  const page = () => readFile(new URL(`../../../${path}`, import.meta.url), "utf8");

  it("has every parameter in its tables, and no other", async () => {
    const tables = (await page())
      .split(/^## /mu)
      .map(parametersIn)
      .filter((names) => names.includes("model"));
    expect(tables.map((names) => names.toSorted())).toEqual([
      [...taken, ...refused].toSorted(),
      Object.keys(embeddingsSchema.shape).toSorted(),
    ]);
  });

  it("has every error with what its callers get, and no other", async () => {
    const rows = (await page()).matchAll(/^\| `([a-z-]+)` \| (\d{3}) \| `([a-z_]+)` \| `([a-z_]+)` \|$/gmu);
    const listed = [...rows].map(([, ours, status, type, code]) => [ours, { status: Number(status), type, code }]);
    const codes = Object.keys(OPENAI_ERRORS) as (ErrorCode | "internal")[];
    const expected = codes.map((ours) => {
      const { type, code } = OPENAI_ERRORS[ours];
      return [ours, { status: openaiStatusOf(ours), type, code }];
    });
    expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(expected));
    expect(listed).toHaveLength(expected.length);
  });
});

/** The names in the first cells of a section's rows. */
function parametersIn(section: string): string[] {
  const cells = [...section.matchAll(/^\| (`[^|]+`) \|/gmu)].map(([, cell]) => cell ?? "");
  return cells.flatMap((cell) => [...cell.matchAll(/`([a-z_]+)`/gu)].map(([, name]) => name ?? ""));
}
