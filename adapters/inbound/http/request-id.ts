export const REQUEST_ID_HEADER = "x-request-id";

const SANE = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/u;

/** The caller's own id where it has 1 to 128 letters, digits and `._:-`, else a new one. */
export function requestIdOf(given: string | undefined): string {
  return given !== undefined && SANE.test(given) ? given : crypto.randomUUID();
}
