import { describe, expect, it } from "vitest";
import { refuseExposure } from "../../../infrastructure/keys/exposure.ts";
import { keysOf, testKey } from "../../support/keys.ts";

type Settings = Parameters<typeof refuseExposure>[0];

function settings(host: string, more: Partial<Settings> = {}): Settings {
  const server = { host, port: 8080, keep_alive_ms: 330_000, deadline_ms: 60_000, drain_ms: 20_000 };
  return { server, keys: {}, anonymous: false, ...more };
}

describe("a service without keys", () => {
  it.each(["127.0.0.1", "127.9.8.7", "::1", "localhost", "::ffff:127.0.0.1"])("may listen on %s", async (host) => {
    await expect(refuseExposure(settings(host))).resolves.toBeUndefined();
  });

  it.each(["0.0.0.0", "::", "10.0.0.1", "192.168.1.1", "128.0.0.1", "fe80::1", "::ffff:10.0.0.1"])(
    "may not listen on %s, unless the config allows it or names keys",
    async (host) => {
      await expect(refuseExposure(settings(host))).rejects.toMatchObject({
        name: "StartError",
        message: expect.stringContaining(host),
      });
      const keys = keysOf({ app: { scopes: ["ask"], hashes: [{ sha256: testKey().sha256 }] } });
      for (const more of [{ anonymous: true }, { keys }, { keys_file: "keys.yaml" }])
        await expect(refuseExposure(settings(host, more))).resolves.toBeUndefined();
    },
  );
});
