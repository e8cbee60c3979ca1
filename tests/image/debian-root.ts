import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Commands } from "./command.ts";

const MIRROR = "http://deb.debian.org/debian";

/** What Debian's slim images do without: https://github.com/debuerreotype/debuerreotype, scripts/.slimify-excludes */
const SLIM = ["usr/share/doc", "usr/share/info", "usr/share/locale", "usr/share/man"];

/** Their settings: documentation is not unpacked, packages are not kept. */
const DPKG = [...SLIM.map((folder) => `path-exclude /${folder}/*\n`), "path-include /usr/share/doc/*/copyright\n"];
const APT = 'APT::Keep-Downloaded-Packages "false";\nAcquire::Languages "none";\n';

/** Makes a clean Debian as in `debian:bookworm-slim`, out of Debian's own packages, in a folder that is not there. */
export async function makeDebianRoot(commands: Commands, folder: string, suite: string, arch: string): Promise<void> {
  await commands.run(["debootstrap", "--variant=minbase", `--arch=${arch}`, suite, folder, MIRROR]);
  await writeFile(join(folder, "etc/dpkg/dpkg.cfg.d/docker"), DPKG.join(""));
  await writeFile(join(folder, "etc/apt/apt.conf.d/docker"), APT);
  const sources = [suite, `${suite}-updates`].map((name) => `deb ${MIRROR} ${name} main\n`).join("");
  await writeFile(join(folder, "etc/apt/sources.list"), `${sources}deb ${MIRROR}-security ${suite}-security main\n`);
  for (const part of [...SLIM, "var/cache/apt/archives", "var/lib/apt/lists"]) {
    const entries = await readdir(join(folder, part));
    await Promise.all(entries.map((name) => rm(join(folder, part, name), { recursive: true })));
  }
}
