import type { AnswerEvent } from "../domain/answer.ts";
import type { CompletionParameters, Message } from "../domain/chat.ts";
import { completionEvents } from "../domain/collect-completion.ts";
import { ServiceError, throwIfAborted } from "../domain/errors.ts";
import type { Filter } from "../domain/filter.ts";
import { type Origin, originOf } from "../domain/origin.ts";
import type { AdapterFactory } from "../domain/ports/adapter-factory.ts";
import type { Completion, CompletionPort, CompletionRequest } from "../domain/ports/completion-port.ts";
import type { Principal } from "../domain/principal.ts";
import { textOf } from "../domain/prompt.ts";
import type { Question } from "../domain/question.ts";
import { featuresAskedFor, refuseUnsupported } from "../domain/unsupported-parameters.ts";
import type { Answers } from "./answers.ts";

/** A conversation that is to be completed. */
export interface Chat extends Origin {
  /** Name of a model in the config. */
  readonly model: string;
  /** Instructions; "" for none. */
  readonly system: string;
  /** Oldest first, at least one. */
  readonly messages: readonly Message[];
  /** Bound of the answer's length in the model's own tokens; absent for the model's own, or the config's where passages are retrieved. */
  readonly maxTokens?: number;
  readonly parameters: CompletionParameters;
  /** What the user's last turn is to be answered from; absent where the model answers alone. */
  readonly retrieval?: ChatRetrieval;
  readonly principal?: Principal;
  /** Whether the model alone is to answer at once and not as it writes, which costs less on the way. Default: false. */
  readonly atOnce?: boolean;
  /** Whether the answer may neither come from a cache nor go into one. Default: false. */
  readonly noStore?: boolean;
}

export interface ChatRetrieval {
  /** Name of a search in the config. */
  readonly search: string;
  /** Passages to answer from, 1 to 100. */
  readonly topK: number;
  readonly filter?: Filter;
}

export interface ChatSettings {
  /** Bound of an answer from passages where the chat does not say. */
  readonly maxTokens: number;
}

/** Completes a conversation: by the model alone, or as an answer from what a search finds. */
export class CompleteChat {
  private readonly adapters: AdapterFactory;
  private readonly answers: Answers;
  private readonly settings: ChatSettings;

  constructor(adapters: AdapterFactory, answers: Answers, settings: ChatSettings) {
    this.adapters = adapters;
    this.answers = answers;
    this.settings = settings;
  }

  /**
   * The events in the order that AnswerEvent gives, without `sources` where nothing was to be retrieved. Ending the iteration
   * early cancels the work under way.
   * @throws ServiceError unsupported-model, not-configured, invalid-request (the model does not support what is asked, named
   * as `refuseUnsupported` does; or passages were asked for, and the user's last turn has no text, or the assistant's follows
   * it without a tool's result after it); and whatever the ports throw, from the iteration
   */
  stream(chat: Chat, signal: AbortSignal): AsyncIterable<AnswerEvent> {
    const completion = this.modelOf(chat);
    return chat.retrieval === undefined
      ? this.alone(completion, chat, signal)
      : this.answers.stream(this.questionOf(chat, chat.retrieval), signal);
  }

  /**
   * The model's own answer at once, for a chat that asks for no retrieval: what the events of `stream` come to, at a lower cost.
   * @throws ServiceError as `stream` does
   */
  complete(chat: Chat, signal: AbortSignal): Promise<Completion> {
    const completion = this.modelOf(chat);
    throwIfAborted(signal);
    return completion.complete(requestOf(chat), signal);
  }

  /** The model that is asked for, which supports what is asked of it. */
  private modelOf({ model, parameters, messages }: Chat): CompletionPort {
    const completion = this.adapters.completion(model);
    refuseUnsupported(model, featuresAskedFor(parameters, messages), completion.supports);
    return completion;
  }

  private async *alone(
    completion: CompletionPort,
    chat: Chat,
    signal: AbortSignal,
  ): AsyncGenerator<AnswerEvent, void, undefined> {
    const started = performance.now();
    throwIfAborted(signal);
    const request = requestOf(chat);
    const events = chat.atOnce
      ? completionEvents(await completion.complete(request, signal))
      : completion.stream(request, signal);
    for await (const event of events) {
      if (event.type !== "finish") {
        yield event;
        continue;
      }
      const { type: _, ...rest } = event;
      const totalMs = performance.now() - started;
      yield { type: "done", ...rest, timing: { embedMs: 0, retrieveMs: 0, completeMs: totalMs, totalMs } };
    }
  }

  private questionOf({ model, system, messages, parameters, ...chat }: Chat, retrieval: ChatRetrieval): Question {
    const at = messages.findLastIndex(({ role }) => role === "user");
    const asked = messages[at];
    const prompt = asked?.role === "user" ? textOf(asked) : "";
    if (asked?.role !== "user" || messages.at(-1)?.role === "assistant" || !/\S/u.test(prompt)) {
      const field = `messages[${messages.length - 1}]`;
      const problems = [{ field, message: "must be a user's text, since passages are to be found for it" }];
      throw new ServiceError("invalid-request", "The last message holds no question to find passages for.", {
        problems,
      });
    }
    const following = messages.slice(at + 1);
    const images = typeof asked.content === "string" ? [] : asked.content.filter((part) => part.type === "image");
    const { maxTokens = this.settings.maxTokens, principal, noStore } = chat;
    return {
      prompt,
      model,
      ...retrieval,
      maxTokens,
      parameters,
      history: messages.slice(0, at),
      ...(following.length === 0 ? {} : { following }),
      ...(images.length === 0 ? {} : { images }),
      ...(system === "" ? {} : { system }),
      ...(principal === undefined ? {} : { principal }),
      ...originOf(chat),
      ...(noStore === undefined ? {} : { noStore }),
    };
  }
}

function requestOf({ system, messages, maxTokens, parameters, ...chat }: Chat): CompletionRequest {
  const question = messages.findLast(({ role }) => role === "user");
  return {
    ...parameters,
    prompt: { system, messages, question: question === undefined ? "" : textOf(question), sources: [] },
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...originOf(chat),
  };
}
