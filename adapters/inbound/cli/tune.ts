import type { CommandRuntime } from "./runtime.ts";
export interface TuneOptions {
  readonly corpus?: string;
}
export async function tune(_runtime: CommandRuntime, _options: TuneOptions): Promise<void> {}
