import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import process from "node:process";
import type { Command, Commands } from "./command.ts";

/** An image, unpacked. */
export interface Image {
  /** Folder that becomes the root file system; nothing is written into it. */
  readonly root: string;
  /** Empty folder on which a container sees it. */
  readonly view: string;
  /** "10001:10001" */
  readonly user: string;
  /** "NAME=value" */
  readonly environment: readonly string[];
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
  /** Working folder. */
  readonly folder: string;
  readonly volumes: readonly string[];
  readonly stopSignal: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Makes the container's view and becomes its first process: the root read-only, each volume an empty one with the owner
 * and mode of the image's folder, no network but loopback, no way to more rights.
 * Arguments: root, an empty folder, user, working folder, volumes, a config file or "", then variables and command.
 */
const ENTER = `set -eu
root=$1 view=$2 user=$3 folder=$4 volumes=$5 config=$6; shift 6
mount --make-rprivate /
mount --bind "$root" "$view"
cd "$view"
mount -t proc proc proc
mount -t tmpfs -o mode=755 dev dev
for device in null zero full random urandom; do : > dev/$device; mount --bind /dev/$device dev/$device; done
for volume in $volumes; do
  mount -t tmpfs -o "$(stat -c uid=%u,gid=%g,mode=%a ".$volume")" volume ".$volume"
done
if [ -n "$config" ]; then mount --bind "$config" app/pharos.yaml; fi
mount -o remount,bind,ro "$view"
ip link set lo up
exec setpriv --no-new-privs chroot --userspec="$user" . /usr/bin/env -i --chdir="$folder" "$@"`;

/** An image's service at work, as a container's engine starts it with a read-only root. */
export class Container {
  /** The container's first process, as this machine counts. */
  readonly pid: number;
  private readonly commands: Commands;
  private readonly image: Image;
  private readonly engine: ChildProcess;

  private constructor(commands: Commands, image: Image, engine: ChildProcess, pid: number) {
    this.commands = commands;
    this.image = image;
    this.engine = engine;
    this.pid = pid;
  }

  /** @param config file that stands in place of the image's pharos.yaml; "" for none */
  static async start(commands: Commands, image: Image, config: string): Promise<Container> {
    const engine = commands.start(entering(image, config));
    return new Container(commands, image, engine, await firstChild(engine));
  }

  /** Runs a command inside, as the image's user. */
  inside(command: readonly string[], ...variables: string[]) {
    const [uid = "", gid = ""] = this.image.user.split(":");
    const target = ["--target", String(this.pid), "--mount", "--pid", "--net", "--ipc", "--uts", "--root"];
    const user = ["--setuid", uid, "--setgid", gid];
    const before = ["/usr/bin/env", "-i", `--chdir=${this.image.folder}`, ...this.image.environment, ...variables];
    return this.commands.outcome(["nsenter", ...target, ...user, ...before, ...command]);
  }

  /** Sends the image's stop signal and waits. Returns the exit code. */
  async stop(): Promise<number | null> {
    const ended = once(this.engine, "exit");
    process.kill(this.pid, this.image.stopSignal);
    return (await ended)[0];
  }

  kill(): void {
    this.engine.kill("SIGKILL");
  }
}

/** What an image's service says and how it ends, where it ends by itself. */
export async function runToEnd(commands: Commands, image: Image): Promise<number | null> {
  return (await commands.outcome(entering(image, ""))).code;
}

function entering(image: Image, config: string): Command {
  const spaces = ["--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--kill-child"];
  const about = [image.root, image.view, image.user, image.folder, image.volumes.join(" "), config];
  return ["unshare", ...spaces, "sh", "-c", ENTER, "sh", ...about, ...image.environment, ...image.command];
}

/** `unshare` forks once, and its child becomes the container's first process. */
async function firstChild({ pid }: ChildProcess): Promise<number> {
  for (;;) {
    const child = Number.parseInt(await readFile(`/proc/${pid}/task/${pid}/children`, "utf8"), 10);
    if (child > 0) return child;
  }
}
