import { ServiceError } from "../../../domain/errors.ts";

/** The name that was asked for, else the first there is. @throws ServiceError not-configured where there is none */
export function chosen(asked: string | undefined, names: readonly string[], kind: string): string {
  const name = asked ?? names[0];
  if (name === undefined) throw new ServiceError("not-configured", `The config names no ${kind} that can be used.`);
  return name;
}
