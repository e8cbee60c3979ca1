import { DockerfileParser, From, type Instruction, JSONInstruction, ModifiableInstruction } from "dockerfile-ast";

/** One instruction of a Dockerfile. */
export interface Step {
  /** In capitals: RUN, COPY. */
  readonly keyword: string;
  readonly flags: Readonly<Record<string, string>>;
  /** Words after the flags; of the JSON form its strings. */
  readonly words: readonly string[];
  /** Everything after the flags in one line, as it was written. */
  readonly text: string;
  readonly isJson: boolean;
  /** Begins with 1. */
  readonly line: number;
  /** Rules of hadolint that the comment above it sets aside. */
  readonly ignored: readonly string[];
}

/** From one FROM to the next. */
export interface Stage {
  /** "" where it has none. */
  readonly name: string;
  /** An image or a stage; variables as they were written. */
  readonly base: string;
  readonly line: number;
  readonly steps: readonly Step[];
}

export interface ParsedDockerfile {
  /** Defaults of the variables declared before the first FROM. */
  readonly globals: Readonly<Record<string, string>>;
  /** In the file's order. */
  readonly stages: readonly Stage[];
}

/** @throws Error where an instruction stands before the first FROM that may not */
export function parseDockerfile(text: string): ParsedDockerfile {
  const globals: Record<string, string> = {};
  const stages: (Stage & { readonly steps: Step[] })[] = [];
  const lines = text.split("\n");
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    const step = toStep(instruction, lines);
    if (instruction instanceof From) {
      const [name, base] = [instruction.getBuildStage() ?? "", instruction.getImage() ?? ""];
      stages.push({ name, base, line: step.line, steps: [] });
      continue;
    }
    const stage = stages.at(-1);
    if (stage !== undefined) stage.steps.push(step);
    else if (step.keyword === "ARG") Object.assign(globals, Object.fromEntries([step.text.split("=", 2)]));
    else throw new Error(`line ${step.line}: ${step.keyword} before the first FROM`);
  }
  return { globals, stages };
}

function toStep(instruction: Instruction, lines: readonly string[]): Step {
  const index = instruction.getRange().start.line;
  const json = instruction instanceof JSONInstruction ? instruction.getJSONStrings() : [];
  const flags = instruction instanceof ModifiableInstruction ? instruction.getFlags() : [];
  const words = instruction.getArguments();
  const [, ignored = ""] = /^#\s*hadolint ignore=(.+)$/u.exec(lines[index - 1] ?? "") ?? [];
  return {
    keyword: instruction.getKeyword(),
    flags: Object.fromEntries(flags.map((flag) => [flag.getName(), flag.getValue() ?? ""])),
    words: json.length > 0 ? json.map((string) => string.getJSONValue()) : words.map((word) => word.getValue()),
    text: instruction.getArgumentsContent() ?? "",
    isJson: json.length > 0,
    line: index + 1,
    ignored: ignored === "" ? [] : ignored.split(",").map((rule) => rule.trim()),
  };
}
