import { type Answers, collectAnswer } from "../../../application/answers.ts";
import { fromAnswer } from "../representations.ts";
import { readJson } from "./body.ts";
import type { BoundedHandler } from "./deadline.ts";
import { principalOf } from "./principal.ts";
import { toQuestion } from "./representations.ts";
import type { RequestSchemas } from "./schemas.ts";
import type { HttpSettings } from "./settings.ts";
import { validate } from "./validation.ts";

/** `POST /generate`: a prompt in, a grounded answer with its citations out. */
export function generate(answers: Answers, schemas: RequestSchemas, settings: HttpSettings): BoundedHandler {
  return async (context, signal) => {
    const json = await readJson(context.req.raw, settings.limits.bodyBytes);
    const principal = principalOf(context.req.raw.headers, settings.trustedPrincipalHeaders);
    const question = toQuestion(validate(schemas.generate, json), principal);
    const account = context.get("account");
    const answer = await collectAnswer(
      answers.stream(account === undefined ? question : { ...question, account }, signal),
    );
    return context.json({ ...fromAnswer(answer, question.model), request_id: context.get("requestId") });
  };
}
