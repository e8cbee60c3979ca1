/** One adapter of the config, and whether it can be asked. */
export interface AdapterStatus {
  readonly kind: "model" | "search";
  readonly name: string;
  readonly available: boolean;
  /** Why it cannot, naming the missing variables; absent where it can. */
  readonly reason?: string;
}
