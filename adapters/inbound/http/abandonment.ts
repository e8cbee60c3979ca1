import { Bag } from "./bag.ts";

/**
 * That the server gives up on the requests that are still under way. An AbortSignal would tell it too, but whoever has stopped
 * listening to one keeps all who came later, and what their requests hold, from every garbage collection but the full ones.
 */
export class Abandonment {
  private readonly listeners = new Bag<() => void>();
  private hasBegun = false;

  /** Calls back when it begins, at once where it has. Returns what stops that, to be called once. */
  watch(listener: () => void): () => void {
    if (this.hasBegun) listener();
    return this.listeners.add(listener);
  }

  /** Whether somebody listens. */
  get isWatched(): boolean {
    return this.listeners.size > 0;
  }

  begin(): void {
    this.hasBegun = true;
    for (const listener of this.listeners.members()) listener();
  }
}
