import { abortable } from "../../../domain/abortable.ts";
import { throwIfAborted } from "../../../domain/errors.ts";
import { translateError } from "./errors.ts";

/**
 * What the call returns; the signal's error as soon as it aborts, even while the SDK looks for credentials, which
 * it does without a look at the signal.
 *
 * @throws ServiceError what the call's failure stands for
 */
export async function send<T>(call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  throwIfAborted(signal);
  try {
    return await abortable(call(signal), signal);
  } catch (error) {
    throw translateError(error, signal);
  }
}
