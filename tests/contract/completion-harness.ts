import { expect } from "vitest";
import type { FinishReason, Usage } from "../../domain/answer.ts";
import type { CompletionFeature, CompletionParameters, Message, TokenLogprob, ToolCall } from "../../domain/chat.ts";
import { CompletionCollector } from "../../domain/collect-completion.ts";
import { type ErrorCode, ServiceError } from "../../domain/errors.ts";
import type {
  Completion,
  CompletionEvent,
  CompletionPort,
  CompletionRequest,
} from "../../domain/ports/completion-port.ts";

/** Codes that something outside the port brings about. */
export const COMPLETION_CODES = [
  "context-overflow",
  "content-refused",
  "rate-limited",
  "vendor-auth",
  "vendor-rejected",
  "vendor-unavailable",
  "vendor-reply-invalid",
] as const satisfies readonly ErrorCode[];

export type CompletionCode = (typeof COMPLETION_CODES)[number];

/** What a vendor asks us to wait where a harness provokes `rate-limited`. */
export const RETRY_AFTER_MS = 7000;

/** Cases that a harness may leave out, each with its reason. */
export type CompletionCase =
  | "text"
  | "usage"
  | "cached-usage"
  | "empty"
  | "length"
  | "content-filter"
  | "tool-calls"
  | "tool-answers"
  | "heard"
  | "unsupported"
  | "stall"
  | "stall-midway"
  | "early-return"
  | "end-early"
  | "drop"
  | "drop-reply"
  | "failure-midway"
  | "retry-hint"
  | CompletionCode;

/** What the vendor is to say. */
export interface VendorAnswer {
  /** The text; the vendor may cut it otherwise. [] for an empty answer. */
  readonly deltas: readonly string[];
  /** One for each delta, for whoever asks for likelihoods; default: none. */
  readonly logprobs?: readonly TokenLogprob[];
  /** After the text; default: []. */
  readonly toolCalls?: readonly ToolCall[];
  readonly finishReason: FinishReason;
  readonly usage: Usage;
}

/** What a vendor was asked, told in our words; what it has no word for is absent. */
export interface Heard {
  readonly system: string;
  readonly messages: readonly Message[];
  readonly maxTokens?: number;
  readonly parameters: CompletionParameters;
}

/** A vendor that has fallen silent in the midst of a call. */
export interface Stall {
  /** Resolves once a call waits for the vendor. */
  readonly reached: Promise<void>;
  /** Resolves once the vendor knows that nobody waits for that call any more: its connection was closed. */
  readonly stopped: Promise<void>;
  /** Lets the vendor answer later calls again. */
  release(): void;
}

/** A port with its vendor in the test's hand. A member is absent only where the cases that need it are skipped. */
export interface OpenCompletion {
  readonly port: CompletionPort;
  /** What the port is asked, where the suite's own request does not do. It has to be answered with text. */
  readonly request?: CompletionRequest;
  /** Makes the vendor say this to every call, from now on. */
  answer?(answer: VendorAnswer): void;
  /** Makes the vendor fall silent after these deltas; a call that does not stream gets a part of its reply, or nothing where there is no delta. */
  stall?(deltas: readonly string[]): Stall;
  /** Makes the vendor break off after these deltas: by ending its reply as if all were well, or by dropping the connection. */
  breakOff?(deltas: readonly string[], how: "end" | "drop"): void;
  /** Makes the vendor report a failure inside the stream, after these deltas. */
  failMidway?(deltas: readonly string[]): void;
  /** Makes the next call fail with the code, and with RETRY_AFTER_MS where that is `rate-limited`. */
  readonly provoke?: Partial<Record<CompletionCode, () => void>>;
  /** Calls that have reached the vendor. */
  calls?(): number;
  /** What the last call asked of the vendor. */
  heard?(): Heard;
  /** Ends the port and its vendor. */
  close(): Promise<void>;
}

export interface CompletionHarness {
  open(): Promise<OpenCompletion>;
  /** What the port has to say that it supports: cases of other features are left out. */
  readonly supports: readonly CompletionFeature[];
  /** Cases that do not apply, with the reason. */
  readonly skip?: Partial<Record<CompletionCase, string>>;
  /** Texts that no error's message may hold, such as keys. */
  readonly secrets?: readonly string[];
}

/** An open port with the request to ask it. */
export type Opened = OpenCompletion & { readonly request: CompletionRequest };

/** What the groups of cases share. */
export interface Context {
  readonly secrets: readonly string[];
  readonly supports: ReadonlySet<CompletionFeature>;
  open(): Promise<Opened>;
  case(key: CompletionCase, title: string, test: () => Promise<void>): void;
  /** A case that needs a feature beside the key's. */
  feature(feature: CompletionFeature, key: CompletionCase, title: string, test: () => Promise<void>): void;
}

export const REQUEST: CompletionRequest = {
  prompt: {
    system: "Answer in one sentence.",
    messages: [{ role: "user", content: "Where does the lighthouse stand?" }],
    question: "Where does the lighthouse stand?",
    sources: [],
  },
  maxTokens: 200,
};

/** Characters of one to four bytes, a joined emoji, a lone combining mark, and line breaks that delimit nothing. */
export const DELTAS = [
  "The lighthouse ",
  "stands on ",
  "Île d’Ouessant",
  "，岬の灯台",
  " 👩‍🚀🏴‍☠️",
  "é\n\ndata: [DONE]\n\n",
  '\u2028\t"end".',
];
export const TEXT = DELTAS.join("");
export const USAGE: Usage = { inputTokens: 31, outputTokens: 17, cachedInputTokens: 0 };
export const ANSWER: VendorAnswer = { deltas: DELTAS, finishReason: "stop", usage: USAGE };

export async function eventsOf(stream: AsyncIterable<CompletionEvent>): Promise<readonly CompletionEvent[]> {
  const events: CompletionEvent[] = [];
  await consumeInto(events, stream);
  return events;
}

export async function consumeInto(events: CompletionEvent[], stream: AsyncIterable<CompletionEvent>): Promise<void> {
  for await (const event of stream) events.push(event);
}

export function textOf(events: readonly CompletionEvent[]): string {
  return events.map((event) => (event.type === "delta" ? event.text : "")).join("");
}

/** The stream as the completion that it stands for. */
export function collected(events: readonly CompletionEvent[]): Completion {
  const collector = new CompletionCollector();
  for (const event of events) collector.add(event);
  return collector.completion;
}

/** What `complete` gives, and what the stream comes to. */
export async function bothWays({ port, request }: Opened): Promise<readonly Completion[]> {
  return [await port.complete(request, unending()), collected(await eventsOf(port.stream(request, unending())))];
}

/** The ServiceError that the work fails with; anything else fails the test. */
export async function failureOf(work: Promise<unknown>): Promise<ServiceError> {
  const outcome = await work.then(
    () => "an answer",
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(ServiceError);
  return outcome as ServiceError;
}

export function unending(): AbortSignal {
  return new AbortController().signal;
}
