import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PROJECT, sourceFiles } from "../architecture/source-files.ts";
import { buildContext, readDockerignore } from "./build-context.ts";
import { parseDockerfile } from "./dockerfile.ts";
import { brokenRules } from "./dockerfile-rules.ts";

const read = (file: string) => readFile(join(PROJECT, file), "utf8");
const dockerfile = parseDockerfile(await read("Dockerfile"));
const last = dockerfile.stages.at(-1);
/** Steps of the final image, those of the stages that it is made from first. */
const finalSteps = (function stepsOf(stage = last): readonly (typeof dockerfile.stages)[number]["steps"][number][] {
  const base = dockerfile.stages.find(({ name }) => name === stage?.base);
  return [...(base === undefined ? [] : stepsOf(base)), ...(stage?.steps ?? [])];
})();
const final = (keyword: string) => finalSteps.findLast((step) => step.keyword === keyword);

describe("The Dockerfile", () => {
  it("breaks none of hadolint's rules", () => expect(brokenRules(dockerfile)).toEqual([]));

  it("sets no rule aside but the pinning of Debian's packages, which a suite pins", () => {
    const ignored = dockerfile.stages.flatMap(({ steps }) => steps.flatMap((step) => step.ignored));
    expect(new Set(ignored)).toEqual(new Set(["DL3008"]));
  });

  it("begins every stage with the same Debian or with another stage", () => {
    expect(dockerfile.globals.DEBIAN).toBe("debian:bookworm-slim");
    const stages = dockerfile.stages.map(({ name }) => name);
    for (const { base } of dockerfile.stages)
      expect(base === "$" + "{DEBIAN}" || stages.includes(base), base).toBe(true);
  });

  it("takes the Node that the tests run on, with a digest for each processor", async () => {
    const { devDependencies } = JSON.parse(await read("package.json"));
    const pins = Object.fromEntries(
      dockerfile.stages[0]?.steps.filter(({ keyword }) => keyword === "ARG").map(({ text }) => text.split("=", 2)) ??
        [],
    );
    expect(pins.NODE_VERSION).toBe(devDependencies.node);
    for (const name of ["NODE_AMD64_SHA512", "NODE_ARM64_SHA512", "NPM_SHA512"]) {
      expect(pins[name], name).toMatch(/^[0-9a-f]{128}$/u);
    }
  });

  it("runs as a user without rights, below an init process, and asks for its health without curl", () => {
    expect(final("USER")?.words).toEqual(["10001:10001"]);
    expect(final("ENTRYPOINT")?.words).toEqual(["/usr/bin/tini", "--"]);
    expect(final("CMD")?.words).toEqual(["node", "infrastructure/main.ts"]);
    expect(final("HEALTHCHECK")?.text).toBe('CMD ["node", "/app/scripts/image/healthcheck.mjs"]');
    expect(final("STOPSIGNAL")?.words).toEqual(["SIGTERM"]);
    expect(final("VOLUME")?.words).toEqual(["/var/lib/pharos", "/tmp"]);
    expect(final("EXPOSE")?.words).toEqual(["8080"]);
  });

  it("tells the service where it listens and where it writes", () => {
    expect(final("ENV")?.words).toEqual(
      expect.arrayContaining([
        "HOST=0.0.0.0",
        "PORT=8080",
        "PHAROS_DATA=/var/lib/pharos",
        "PHAROS_CONFIG=/app/pharos.yaml",
      ]),
    );
  });

  it("installs nothing but the init process into the final image", () => {
    const installs = finalSteps.flatMap(({ text }) => /apt-get install ([^&]*)/u.exec(text)?.[1] ?? []);
    expect(installs.map((packages) => packages.trim())).toEqual(["--yes --no-install-recommends tini"]);
  });

  it("names no secret in its variables and arguments", () => {
    const declared = dockerfile.stages.flatMap(({ steps }) =>
      steps.filter(({ keyword }) => keyword === "ENV" || keyword === "ARG").flatMap(({ words }) => words),
    );
    expect(declared.filter((word) => /key|token|secret|password/iu.test(word.split("=")[0] ?? ""))).toEqual([]);
  });
});

describe("The builder", () => {
  it("is given what the Dockerfile copies, and of the project nothing else", async () => {
    const copied = dockerfile.stages
      .flatMap(({ steps }) => steps)
      .filter(({ keyword, flags }) => keyword === "COPY" && flags.from === undefined)
      .flatMap(({ words }) => words.slice(0, -1));
    const context = await buildContext(PROJECT);
    for (const source of copied) {
      expect(
        context.some((file) => file === source || file.startsWith(`${source}/`)),
        source,
      ).toBe(true);
    }
    expect(
      context.filter((file) => !copied.some((source) => file === source || file.startsWith(`${source}/`))),
    ).toEqual([]);
  });

  it("is given every room of the service and the sample corpus, and nothing of the deployment", async () => {
    const context = await buildContext(PROJECT);
    const rooms = await sourceFiles(["domain", "application", "adapters", "infrastructure", "bin"]);
    expect(rooms.filter((file) => !context.includes(file) && !file.startsWith("infrastructure/aws/"))).toEqual([]);
    expect(context.filter((file) => file.startsWith("infrastructure/aws"))).toEqual([]);
    expect(context).toContain("docs/getting-started.md");
  });

  it("misses nothing that the service imports: no room imports the deployment", async () => {
    const rooms = await sourceFiles(["domain", "application", "adapters", "infrastructure", "bin"]);
    const outside = rooms.filter((file) => !file.startsWith("infrastructure/aws/"));
    const importing = await Promise.all(
      outside.map(async (file) => /["'][./]+(?:\/infrastructure)?\/aws\//u.test(await read(file))),
    );
    expect(outside.filter((_file, index) => importing[index])).toEqual([]);
  });
});

describe("A .dockerignore", () => {
  const reaches = readDockerignore("# only these\n*\n!docs\ndocs/private\n!**/*.keep\n/top\n!a?c\n");

  it.each(["docs", "docs/a.md", "docs/zh/a.md", "docs/private/one.keep", "deep/er/two.keep", "abc/x"])(
    "leaves %s to the builder",
    (path) => expect(reaches(path)).toBe(true),
  );

  it.each([".git/HEAD", "docs/private", "docs/private/a.md", "node_modules/x/index.js", "top/a", "a/c"])(
    "keeps %s from it",
    (path) => expect(reaches(path)).toBe(false),
  );
});

describe("The rules", () => {
  const valid = "FROM debian:bookworm-slim AS one\nWORKDIR /app\n";

  it.each([
    ["DL3000", "WORKDIR app"],
    ["DL3002", "USER root"],
    ["DL3003", "RUN cd /tmp && make"],
    ["DL3004", "RUN sudo make"],
    ["DL3006", "FROM debian"],
    ["DL3007", "FROM debian:latest"],
    ["DL3008", "RUN apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*"],
    ["DL3009", "RUN apt-get install -y --no-install-recommends curl=7.88.*"],
    ["DL3012", "HEALTHCHECK CMD one\nHEALTHCHECK CMD two"],
    ["DL3014", "RUN apt-get install --no-install-recommends curl=7.88.* && rm -rf /var/lib/apt/lists/*"],
    ["DL3015", "RUN apt-get install -y curl=7.88.* && rm -rf /var/lib/apt/lists/*"],
    ["DL3020", "ADD package.json ./"],
    ["DL3022", "COPY --from=other /a /b"],
    ["DL3024", "FROM debian:bookworm-slim AS one"],
    ["DL3025", "CMD node main.ts"],
    ["DL3025", "ENTRYPOINT node main.ts"],
    ["DL3027", "RUN apt install curl"],
    ["DL3045", "FROM debian:bookworm-slim\nCOPY package.json here/"],
    ["DL3046", "RUN useradd --uid 1000000 somebody"],
    ["DL3059", "RUN one\nRUN two"],
    ["DL4000", "MAINTAINER somebody"],
    ["DL4003", 'CMD ["one"]\nCMD ["two"]'],
    ["DL4004", 'ENTRYPOINT ["one"]\nENTRYPOINT ["two"]'],
    ["DL4006", "RUN curl address | tar x"],
  ])("see %s broken by %s", (rule, text) => {
    expect(brokenRules(parseDockerfile(valid + text)).map((broken) => broken.split(" ")[1])).toEqual([rule]);
  });

  it("leave out what a comment above the step sets aside", () => {
    expect(brokenRules(parseDockerfile(`${valid}# hadolint ignore=DL3003,DL3004\nRUN cd /tmp && sudo make`))).toEqual(
      [],
    );
  });
});
