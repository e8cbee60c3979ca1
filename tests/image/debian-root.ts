import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Commands } from "./command.ts";

/** What Debian's slim images do without: https://github.com/debuerreotype/debuerreotype, scripts/.slimify-excludes */
const SLIM = ["usr/share/doc", "usr/share/info", "usr/share/locale", "usr/share/man"];

/** Their settings: documentation is not unpacked, packages are not kept. */
const DPKG = [...SLIM.map((folder) => `path-exclude /${folder}/*\n`), "path-include /usr/share/doc/*/copyright\n"];
const APT = 'APT::Keep-Downloaded-Packages "false";\nAcquire::Languages "none";\n';

/** As debootstrap leaves it: the mirror that it has taken the packages from. */
const SOURCE = /^deb (?<mirror>\S+) /u;

/** Makes a clean Debian as in `debian:bookworm-slim`, out of Debian's own packages, in a folder that is not there. */
export async function makeDebianRoot(commands: Commands, folder: string, suite: string, arch: string): Promise<void> {
  await commands.run(["debootstrap", "--variant=minbase", `--arch=${arch}`, suite, folder]);
  await writeFile(join(folder, "etc/dpkg/dpkg.cfg.d/docker"), DPKG.join(""));
  await writeFile(join(folder, "etc/apt/apt.conf.d/docker"), APT);
  const list = join(folder, "etc/apt/sources.list");
  const mirror = SOURCE.exec(await readFile(list, "utf8"))?.groups?.mirror;
  const sources = [suite, `${suite}-updates`].map((name) => `deb ${mirror} ${name} main\n`).join("");
  await writeFile(list, `${sources}deb ${mirror}-security ${suite}-security main\n`);
  for (const part of [...SLIM, "var/cache/apt/archives", "var/lib/apt/lists"]) {
    const entries = await readdir(join(folder, part));
    await Promise.all(entries.map((name) => rm(join(folder, part, name), { recursive: true })));
  }
}
