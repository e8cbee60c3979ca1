import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { checkService, SmokeFailure } from "./smoke-service.ts";

// npm run smoke -- --url https://pharos.example.com: docs/operations.md. The key comes from the environment, as a process's arguments
// are for everybody on the machine to read.
const { values } = parseArgs({
  options: { url: { type: "string" }, anonymous: { type: "boolean", default: false }, prompt: { type: "string" } },
});
if (values.url === undefined || !/^https?:\/\/[^/]+$/u.test(values.url)) {
  process.stderr.write("--url URL is needed: http:// or https:// and a host, without a path.\n");
  process.exit(2);
}
const { url, anonymous, prompt } = values;
try {
  const found = await checkService(
    { url, keysRequired: !anonymous, key: process.env.PHAROS_SMOKE_KEY, prompt },
    setTimeout,
  );
  process.stdout.write(`${found.join("\n")}\n`);
} catch (error) {
  if (!(error instanceof SmokeFailure)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
