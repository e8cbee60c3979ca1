import { hash, randomBytes } from "node:crypto";

const PREFIX = "pharos_";
const SECRET_BYTES = 32;
const FORM = /^pharos_[A-Za-z0-9_-]{43}$/u;

/** A new key: 256 random bits in base64url behind a prefix by which scanners for leaked secrets can find it. */
export function newKey(): string {
  return PREFIX + randomBytes(SECRET_BYTES).toString("base64url");
}

/** Whether a text can be a key at all: no word that somebody made up has this form. */
export function isKey(text: string): boolean {
  return FORM.test(text);
}

/**
 * What is kept of a key. One round of SHA-256 is enough: slow hashes protect what can be guessed, and of 256 random bits
 * nothing can be guessed (https://pages.nist.gov/800-63-3/sp800-63b.html#lookupsecrets).
 */
export function digestOf(key: string): Buffer {
  return hash("sha256", key, "buffer");
}
