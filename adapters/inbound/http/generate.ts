import { accepts } from "hono/accepts";
import { type Answers, collectAnswer } from "../../../application/answers.ts";
import { originOf } from "../../../domain/origin.ts";
import { fromAnswer } from "../representations.ts";
import { readJson } from "./body.ts";
import { forbidsStore, withCacheHeader } from "./cache-header.ts";
import type { BoundedHandler } from "./deadline.ts";
import { answerFrames } from "./generate-events.ts";
import type { HttpContext } from "./http-context.ts";
import { repeatableRequestOf } from "./idempotency-key.ts";
import { IDEMPOTENCY_LIMITS, IdempotentAnswers } from "./idempotent-answers.ts";
import { jsonResponse } from "./json-response.ts";
import { principalOf } from "./principal.ts";
import { problemOf } from "./problem.ts";
import { toQuestion } from "./representations.ts";
import type { RequestSchemas } from "./schemas.ts";
import type { HttpSettings } from "./settings.ts";
import { eventFrame, sseResponse } from "./sse.ts";
import { validate } from "./validation.ts";

/** `POST /generate`: a prompt in, a grounded answer with its citations out, at once or as it is written. */
export function generate(answers: Answers, schemas: RequestSchemas, settings: HttpSettings): BoundedHandler {
  const repeatable = new IdempotentAnswers(IDEMPOTENCY_LIMITS);
  return async (context, signal) => {
    const body = validate(schemas.generate, await readJson(context.env.direct.incoming, settings.limits.bodyBytes));
    const principal = principalOf(context.req.raw.headers, settings.trustedPrincipalHeaders);
    const noStore = forbidsStore(context.req.raw.headers);
    const question = { ...toQuestion(body, principal, originOf(context.var)), noStore };
    const start = (work: AbortSignal) => answers.stream(question, work);
    const repeated = await repeatableRequestOf(context, body, principal);
    const answered = repeated === undefined ? start(signal) : repeatable.stream(repeated, start, signal);
    const events = withCacheHeader(context, answered);
    const requestId = context.get("requestId");
    if (body.stream ?? wantsEvents(context)) {
      return sseResponse(context, events, {
        frame: answerFrames(question.model, requestId),
        errorFrame: (error) => eventFrame("error", problemOf(error, requestId)),
        signal,
        silenceMs: settings.silenceMs,
      });
    }
    const answer = await collectAnswer(events);
    return jsonResponse(context, { ...fromAnswer(answer, question.model), request_id: requestId }, signal);
  };
}

/** What the body says goes before what the header does. */
function wantsEvents(context: HttpContext): boolean {
  const supports = ["application/json", "text/event-stream"];
  return accepts(context, { header: "Accept", supports, default: "application/json" }) === "text/event-stream";
}
