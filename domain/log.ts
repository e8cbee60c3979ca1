/** What can be said of an event besides its name. Never a secret, never a prompt, never a document's text. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where adapters and use cases say what an operator should know. */
export interface Log {
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}
