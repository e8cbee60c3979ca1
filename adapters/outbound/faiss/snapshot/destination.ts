import { existsSync } from "node:fs";
import { ServiceError } from "../../../../domain/errors.ts";

/** A snapshot takes nothing's place. @throws ServiceError invalid-request where there is something at the path */
export function refuseExisting(directory: string): void {
  if (existsSync(directory)) throw new ServiceError("invalid-request", `There is something at ${directory} already.`);
}
