import fc from "fast-check";
import { Hono } from "hono";
import { expect, it } from "vitest";
import { credentials } from "../../../adapters/inbound/http/credentials.ts";
import type { HttpEnvironment } from "../../../adapters/inbound/http/http-context.ts";
import { problemResponse } from "../../../adapters/inbound/http/problem.ts";
import { Keyring } from "../../../infrastructure/keys/keyring.ts";
import { keysOf, testKey } from "../../support/keys.ts";

const ADMIN = testKey();
const keyring = new Keyring(keysOf({ admin: { scopes: ["admin"], hashes: [{ sha256: ADMIN.sha256 }] } }));
const app = new Hono<HttpEnvironment>();
app.use(credentials({ keyring, allowances: { admit: () => ({}), reports: () => [] } }));
app.get("/secret", (context) => context.text(`for ${context.get("account")}`));
app.onError(problemResponse);

const headers = (authorization: string | undefined, other: string | undefined) => ({
  ...(authorization === undefined ? {} : { authorization }),
  ...(other === undefined ? {} : { "x-api-key": other }),
});

/** Bytes that a header may have, often with a key or a part of one in them. */
const word = fc.oneof(
  fc.constantFrom(
    "Bearer ",
    "bearer",
    "Basic ",
    ADMIN.key,
    ADMIN.key.slice(7),
    ADMIN.sha256,
    testKey().key,
    ",",
    " ",
    "\t",
  ),
  fc.string({ unit: fc.integer({ min: 0x21, max: 0xff }).map((code) => String.fromCharCode(code)) }),
);
const value = fc.option(
  fc.array(word, { maxLength: 4 }).map((words) => words.join("").trim()),
  { nil: undefined },
);

it("lets nobody by whose headers hold anything but the one key, whatever they hold", async () => {
  await fc.assert(
    fc.asyncProperty(value, value, async (authorization, other) => {
      const shown = /^bearer +(\S+)$/iu.exec(authorization ?? "")?.[1];
      const passes =
        authorization === undefined
          ? other === ADMIN.key
          : shown === ADMIN.key && (other === undefined || other === ADMIN.key);
      const { status } = await app.request("/secret", { headers: headers(authorization, other) });
      expect(status).toBe(passes ? 200 : 401);
    }),
    { numRuns: 1_000 },
  );
});

it("wants the scope `admin` for a route that has no rule, and takes the scheme's name in any case", async () => {
  for (const scheme of ["Bearer", "bearer", "BEARER"]) {
    const answer = await app.request("/secret", { headers: headers(`${scheme} ${ADMIN.key}`, undefined) });
    expect(await answer.text()).toBe("for admin");
  }
});
