/** The forms whose order as text is the order of time, but for two forms of one instant: a day, or a time in UTC. */
const ISO_DATE = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}(?:\.\d{3})?Z)?$/u;

/** The instant that an ISO 8601 date names (a day is its first instant in UTC); undefined where the text is no such date. */
export function dateOf(text: string): Date | undefined {
  if (!ISO_DATE.test(text)) return undefined;
  const date = new Date(text);
  // JavaScript takes 30 February for 2 March.
  return Number.isNaN(date.getTime()) || !date.toISOString().startsWith(text.slice(0, 10)) ? undefined : date;
}

/** The instant as ISO 8601 in UTC: a day where it is midnight, else to the second, or to the millisecond where it has any. */
export function textOf(date: Date): string {
  return date.toISOString().replace(/(?:T00:00:00)?\.000Z$/u, (end) => (end.startsWith("T") ? "" : "Z"));
}
