import { ServiceError } from "../../../domain/errors.ts";

/** Refuses a prompt or a query that HTTP would refuse. @throws ServiceError invalid-request where it is blank or too long */
export function checkPrompt(text: string, what: "prompt" | "query", maxLength: number): void {
  if (!/\S/u.test(text)) throw new ServiceError("invalid-request", `The ${what} is empty.`);
  if (text.length > maxLength)
    throw new ServiceError(
      "invalid-request",
      `The ${what} has ${text.length} characters; limits.prompt_characters allows ${maxLength}.`,
    );
}
