import { Pool } from "undici";

/** Time in which a connection must stand. */
const CONNECT_TIMEOUT_MS = 10_000;

/** How long a connection waits for the next call, where the server does not say; a new one costs two round trips and more. */
const IDLE_TIMEOUT_MS = 30_000;

interface SharedPool {
  readonly pool: Pool;
  holders: number;
}

/** One for each origin that some port holds. */
const pools = new Map<string, SharedPool>();

/** A hold on the connections to an origin. */
export interface HeldPool {
  readonly pool: Pool;
  /** Lets go; the last holder's going closes the connections, those with calls under way too. */
  release(): Promise<void>;
}

/**
 * The connections to an origin, which all models there share: HTTP/1.1, kept alive, one call at a time on each, as many as
 * there are calls. No clock runs but the one of connecting: how long a call may take is its signal's to say.
 */
export function holdPool(origin: string): HeldPool {
  let shared = pools.get(origin);
  if (shared === undefined) {
    shared = { pool: openPool(origin), holders: 0 };
    pools.set(origin, shared);
  }
  const held = shared;
  held.holders += 1;
  let released = false;
  return {
    pool: held.pool,
    async release() {
      if (released) return;
      released = true;
      held.holders -= 1;
      if (held.holders > 0) return;
      pools.delete(origin);
      await held.pool.destroy();
    },
  };
}

function openPool(origin: string): Pool {
  return new Pool(origin, {
    connections: null,
    pipelining: 1,
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: IDLE_TIMEOUT_MS,
    connect: { timeout: CONNECT_TIMEOUT_MS },
  });
}
