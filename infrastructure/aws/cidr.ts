/** An IPv4 range, as `203.0.113.0/24` writes it. */
export interface Cidr {
  /** The first address, from 0 to 2^32 - 1. */
  readonly address: number;
  /** 0 to 32. */
  readonly prefixLength: number;
}

/** Reads a range; undefined where the text is none, or where its address is not the range's first one. */
export function parseCidr(text: string): Cidr | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/u.exec(text)?.slice(1).map(Number);
  if (parts === undefined) return undefined;
  const [prefixLength, ...octets] = [parts[4] ?? 0, ...parts.slice(0, 4)];
  if (prefixLength > 32 || octets.some((octet) => octet > 255)) return undefined;
  const address = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  return address % 2 ** (32 - prefixLength) === 0 ? { address, prefixLength } : undefined;
}

/** How many addresses the ranges hold together; what two of them share counts twice. */
export function addressesIn(ranges: readonly Cidr[]): number {
  return ranges.reduce((sum, { prefixLength }) => sum + 2 ** (32 - prefixLength), 0);
}
