import type { Origin } from "../../../../domain/origin.ts";
import type { Principal } from "../../../../domain/principal.ts";

/** Who asks, and how. */
export interface Caller extends Origin {
  readonly principal?: Principal | undefined;
  /** Whether it wants nothing that a cache has, and nothing left in one. */
  readonly noStore: boolean;
}
