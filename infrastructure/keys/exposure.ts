import { lookup } from "node:dns/promises";
import { BlockList } from "node:net";
import type { Config } from "../config/load.ts";
import { StartError } from "../start-error.ts";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/**
 * Refuses to serve strangers unasked: an address that is not of this machine alone needs keys, or the config's word that it
 * does not. @throws StartError
 */
export async function refuseExposure({
  server,
  keys,
  keys_file,
  anonymous,
}: Pick<Config, "server" | "keys" | "keys_file" | "anonymous">): Promise<void> {
  if (anonymous || keys_file !== undefined || Object.keys(keys).length > 0) return;
  if (await isLoopback(server.host)) return;
  throw new StartError(
    `${server.host} can be reached by others, and there are no keys: make one with "pharos keys create" for the config or the variable PHAROS_KEYS, or say "anonymous: true" in the config or PHAROS_ANONYMOUS=true where whoever reaches the service may ask, write and delete`,
  );
}

/** Whether only this machine reaches the address. */
export async function isLoopback(host: string): Promise<boolean> {
  const addresses = await lookup(host, { all: true }).catch(() => []);
  return (
    addresses.length > 0 &&
    addresses.every(({ address, family }) => loopback.check(address, family === 6 ? "ipv6" : "ipv4"))
  );
}
