import type { ParsedDockerfile, Stage, Step } from "./dockerfile.ts";

/** Where a Dockerfile breaks a rule: "12 DL3020". */
export function brokenRules(dockerfile: ParsedDockerfile): readonly string[] {
  const steps = dockerfile.stages.flatMap((stage) => stage.steps.map((step) => ({ stage, step })));
  const ofSteps = Object.entries(STEP_RULES).flatMap(([rule, breaks]) =>
    steps
      .filter(({ stage, step }) => !step.ignored.includes(rule) && breaks(step, stage, dockerfile))
      .map(({ step }) => `${step.line} ${rule}`),
  );
  const ofStages = Object.entries(STAGE_RULES).flatMap(([rule, breaks]) =>
    dockerfile.stages.filter((stage) => breaks(stage, dockerfile)).map(({ line }) => `${line} ${rule}`),
  );
  return [...ofSteps, ...ofStages].toSorted((one, other) => Number.parseInt(one, 10) - Number.parseInt(other, 10));
}

const isRun = ({ keyword }: Step) => keyword === "RUN";
/** The shell's commands of a RUN, without what stands before them. */
const commands = (step: Step) => (isRun(step) ? step.text.split(/&&|\|\||[;|]/u).map((command) => command.trim()) : []);
const runs = (step: Step, pattern: RegExp) => commands(step).some((command) => pattern.test(command));
const installs = (step: Step) => commands(step).filter((command) => /^apt-get\b.*\binstall\b/u.test(command));
const before = (stage: Stage, step: Step) => stage.steps.slice(0, stage.steps.indexOf(step));
const repeats = (keyword: string) => (stage: Stage) =>
  stage.steps.filter((step) => step.keyword === keyword).length > 1;
const isStage = (name: string, { stages }: ParsedDockerfile) => stages.some((stage) => stage.name === name);

/**
 * Hadolint's rules that this Dockerfile could come to break, by hadolint's names. The whole of hadolint runs in
 * `npm run test:image`. https://github.com/hadolint/hadolint/wiki
 */
const STEP_RULES: Readonly<Record<string, (step: Step, stage: Stage, dockerfile: ParsedDockerfile) => boolean>> = {
  DL3000: ({ keyword, words }) => keyword === "WORKDIR" && !/^(?:\/|\$)/u.test(words[0] ?? ""),
  DL3002: ({ keyword, words }, stage, { stages }) =>
    keyword === "USER" && stage === stages.at(-1) && /^(?:root|0)(?::|$)/u.test(words[0] ?? ""),
  DL3003: (step) => runs(step, /^cd\b/u),
  DL3004: (step) => runs(step, /^sudo\b/u),
  DL3008: (step) =>
    installs(step).some((command) =>
      command.split(/\s+/u).some((word, index) => index > 1 && !/^-|=|^install$/u.test(word)),
    ),
  DL3009: (step) => installs(step).length > 0 && !runs(step, /^rm\b.*\/var\/lib\/apt\/lists/u),
  DL3014: (step) => installs(step).some((command) => !/\s(?:-y|--yes|--assume-yes|-qq)\b/u.test(command)),
  DL3015: (step) => installs(step).some((command) => !command.includes("--no-install-recommends")),
  DL3020: ({ keyword, words }) =>
    keyword === "ADD" && !words.slice(0, -1).some((word) => /^https?:|\.(?:tar|tgz|gz|xz|bz2)$/u.test(word)),
  DL3022: ({ keyword, flags: { from } }, _stage, dockerfile) =>
    keyword === "COPY" && from !== undefined && !from.includes(":") && !isStage(from, dockerfile),
  DL3025: ({ keyword, isJson }) => (keyword === "CMD" || keyword === "ENTRYPOINT") && !isJson,
  DL3027: (step) => runs(step, /^apt\b(?!-)/u),
  DL3045: (step, stage, { stages }) =>
    step.keyword === "COPY" &&
    !/^["']?[/$]/u.test(step.words.at(-1) ?? "") &&
    !stages.some(({ name }) => name === stage.base) &&
    !before(stage, step).some(({ keyword }) => keyword === "WORKDIR"),
  DL3046: (step) => runs(step, /^useradd\b(?!.*(?:\s-l\b|--no-log-init))/u),
  DL3059: (step, stage) => isRun(step) && before(stage, step).at(-1)?.keyword === "RUN",
  DL4000: ({ keyword }) => keyword === "MAINTAINER",
  DL4006: (step, stage) =>
    isRun(step) &&
    /[^|]\|[^|]/u.test(step.text) &&
    !before(stage, step).some(({ keyword, words }) => keyword === "SHELL" && words.includes("pipefail")),
};

const STAGE_RULES: Readonly<Record<string, (stage: Stage, dockerfile: ParsedDockerfile) => boolean>> = {
  DL3006: ({ base }, dockerfile) => !/[:@$]/u.test(base) && base !== "scratch" && !isStage(base, dockerfile),
  DL3007: ({ base }) => base.endsWith(":latest"),
  DL3012: repeats("HEALTHCHECK"),
  DL3024: (stage, { stages }) => stage.name !== "" && stages.find(({ name }) => name === stage.name) !== stage,
  DL4003: repeats("CMD"),
  DL4004: repeats("ENTRYPOINT"),
};
