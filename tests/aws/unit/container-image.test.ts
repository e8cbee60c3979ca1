import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { CONTAINER_PORT, containerDefinition, VOLUMES } from "../../../infrastructure/aws/container-definition.ts";

const container = containerDefinition({
  image: "registry/pharos@sha256:1",
  region: "eu-central-1",
  logGroupName: "/pharos",
  environment: {},
  secrets: [],
});

let dockerfile: string;
beforeAll(async () => {
  dockerfile = await readFile("Dockerfile", "utf8");
});

/** What follows an instruction of the Dockerfile that stands in it once. */
function instruction(name: string): string {
  const found = [...dockerfile.matchAll(new RegExp(`^${name} (.+)$`, "gmu"))].map(([, rest = ""]) => rest);
  expect(found, name).toHaveLength(1);
  return found[0] ?? "";
}

describe("the container that ECS runs and the image that it runs", () => {
  it("agree on what can be written to, which belongs to root on Fargate where the image names no volume", () => {
    expect(JSON.parse(instruction("VOLUME"))).toEqual(Object.values(VOLUMES));
  });

  it("agree on the user", () => {
    expect(instruction("USER")).toBe(container.user);
  });

  it("agree on the port", () => {
    expect(instruction("EXPOSE")).toBe(String(CONTAINER_PORT));
  });

  it("agree on how its health is asked, of which ECS does not read the image's", () => {
    const [form, ...command] = container.healthCheck.command;
    const [, ofImage = ""] = new RegExp(`${form} (\\[.+\\])$`, "u").exec(instruction("HEALTHCHECK")) ?? [];
    expect(JSON.parse(ofImage)).toEqual(command);
  });

  it("have one init process between them", () => {
    expect(instruction("ENTRYPOINT")).toContain("tini");
    expect(container.linuxParameters.initProcessEnabled).toBe(false);
  });
});
