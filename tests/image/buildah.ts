import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import type { Command, Commands } from "./command.ts";
import type { Image } from "./container.ts";

/** What buildah tells of an image. */
const inspected = z.object({
  Docker: z.object({
    config: z.object({
      User: z.string(),
      Env: z.array(z.string()),
      Entrypoint: z.array(z.string()),
      Cmd: z.array(z.string()),
      WorkingDir: z.string(),
      Volumes: z.record(z.string(), z.object({})),
      Labels: z.record(z.string(), z.string()),
      StopSignal: z.string(),
      Healthcheck: z.object({ Test: z.tuple([z.literal("CMD")], z.string()) }),
    }),
  }),
});

export interface BuildOptions {
  readonly commands: Commands;
  readonly project: string;
  /** Folder that is not there, for everything that buildah keeps. */
  readonly storage: string;
  /** Folder of a Debian, and the name that FROM calls it by. */
  readonly base: { readonly root: string; readonly name: string };
  readonly arch: string;
  /** File of a certificate authority that stands between here and the registry. */
  readonly authority?: string;
}

/**
 * Builds the project's Dockerfile with buildah, which asks no registry of images. `close` takes away the mounts that it
 * leaves, by commands that still run when the build's were aborted.
 */
export async function buildImage({ commands, project, storage, base, arch, authority }: BuildOptions) {
  const buildah = (...args: string[]): Command => [
    "buildah",
    ...["--root", join(storage, "images"), "--runroot", join(storage, "run"), "--storage-driver", "overlay"],
    ...args,
  ];
  const say = async (...args: string[]) => (await commands.run(buildah(...args))).trim();
  const view = join(storage, "view");
  await mkdir(view, { recursive: true });
  const archive = `${base.root}.tar`;
  await commands.run(["tar", "--create", "--file", archive, "--directory", base.root, "."]);
  const empty = await say("from", "--arch", arch, "scratch");
  await say("add", empty, archive, "/");
  await say("config", "--arch", arch, "--env", `PATH=${PATH}`, empty);
  await say("commit", "--rm", empty, `docker.io/library/${base.name}`);

  const secret = authority === undefined ? [] : ["--secret", `id=ca,src=${authority}`];
  const options = ["--isolation", "chroot", "--network", "host", "--format", "docker", "--pull-never", "--arch", arch];
  await say("bud", ...options, ...secret, "--tag", "pharos", project);
  const container = await say("from", "--pull-never", "pharos");
  const root = await say("mount", container);
  const { config } = inspected.parse(JSON.parse(await say("inspect", "--type", "image", "pharos"))).Docker;
  const image: Image = {
    root,
    view,
    user: config.User,
    environment: config.Env,
    command: [...config.Entrypoint, ...config.Cmd],
    healthcheck: config.Healthcheck.Test.slice(1),
    folder: config.WorkingDir,
    volumes: Object.keys(config.Volumes),
    stopSignal: config.StopSignal,
    labels: config.Labels,
  };
  return { image, close: (last: Commands) => last.outcome(buildah("rm", "--all")) };
}

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
