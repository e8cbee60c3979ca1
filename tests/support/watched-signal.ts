/** A signal that can tell when nobody listens to it any more. */
export interface WatchedSignal {
  readonly signal: AbortSignal;
  /** Resolves once no `abort` listener is left. */
  unheard(): Promise<void>;
}

/** A signal that never aborts and counts its `abort` listeners. */
export function watchedSignal(): WatchedSignal {
  const { signal } = new AbortController();
  const listeners = new Set<unknown>();
  const waiting: (() => void)[] = [];
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ) => {
    add(type, listener, options);
    if (type === "abort") listeners.add(listener);
  };
  signal.removeEventListener = (
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | EventListenerOptions,
  ) => {
    remove(type, listener, options);
    listeners.delete(listener);
    if (listeners.size === 0) for (const resolve of waiting.splice(0)) resolve();
  };
  const unheard = () =>
    new Promise<void>((resolve) => {
      if (listeners.size === 0) resolve();
      else waiting.push(resolve);
    });
  return { signal, unheard };
}
