import { timingSafeEqual } from "node:crypto";
import { ServiceError } from "../../domain/errors.ts";
import type { Caller, KeyringPort } from "../../domain/ports/keyring-port.ts";
import { digestOf, isKey } from "./secret.ts";
import type { KeysSettings } from "./settings.ts";

interface KnownKey {
  readonly caller: Caller;
  readonly digest: Buffer;
  /** Milliseconds since 1970; from `notBefore`, and until before `expires`. */
  readonly notBefore: number;
  readonly expires: number;
}

/**
 * Keys by their SHA-256. A key is looked up by its digest, not compared with each: how long that takes may tell of digests,
 * which whoever guesses keys cannot choose, and never of a key. The digest that was found is compared in constant time.
 */
export class Keyring implements KeyringPort {
  private known: ReadonlyMap<string, KnownKey>;
  private readonly now: () => number;

  /** @param now milliseconds since 1970 */
  constructor(keys: KeysSettings, now: () => number = Date.now) {
    this.known = byDigest(keys);
    this.now = now;
  }

  /** Knows these keys from now on, and no other. */
  replace(keys: KeysSettings): void {
    this.known = byDigest(keys);
  }

  identify(key: string): Caller {
    if (!isKey(key)) throw refused("The key is unknown: keys begin with pharos_ and have 50 characters.");
    const digest = digestOf(key);
    const known = this.known.get(digest.toString("latin1"));
    if (known === undefined || !timingSafeEqual(digest, known.digest)) throw refused("The key is unknown.");
    const now = this.now();
    if (now < known.notBefore) throw refused(`The key is valid from ${new Date(known.notBefore).toISOString()} on.`);
    if (now >= known.expires) throw refused(`The key has expired on ${new Date(known.expires).toISOString()}.`);
    return known.caller;
  }
}

function byDigest(keys: KeysSettings): ReadonlyMap<string, KnownKey> {
  const known = new Map<string, KnownKey>();
  for (const [account, { scopes, hashes }] of Object.entries(keys)) {
    const caller = { account, scopes: new Set(scopes) };
    for (const { sha256, not_before: notBefore = 0, expires = Number.POSITIVE_INFINITY } of hashes) {
      const digest = Buffer.from(sha256, "hex");
      known.set(digest.toString("latin1"), { caller, digest, notBefore, expires });
    }
  }
  return known;
}

function refused(message: string): ServiceError {
  return new ServiceError("unauthenticated", message);
}
