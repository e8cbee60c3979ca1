import { Presets, SingleBar } from "cli-progress";
import type { CommandRuntime } from "./runtime.ts";

/** The progress of one command's work. */
export interface Progress {
  /** Share of the whole that is done, in [0, 1]; the stage that it is in; and what else is worth a word. */
  report(share: number, stage: string, detail?: string): void;
  /** Ends it; a second call does nothing. */
  stop(): void;
}

/** Draws a bar where there is a terminal; elsewhere says each stage once, in a line. */
export function startProgress({ progress }: CommandRuntime): Progress {
  return progress.isTTY === true ? drawnBar() : spokenStages(progress);
}

function drawnBar(): Progress {
  const format = "{bar} {percentage}% | {stage} {detail} | {duration_formatted}";
  const bar = new SingleBar({ format, hideCursor: true, clearOnComplete: true }, Presets.shades_classic);
  bar.start(1_000, 0, { stage: "starting", detail: "" });
  return {
    report: (share, stage, detail = "") => bar.update(Math.round(share * 1_000), { stage, detail }),
    stop: () => bar.stop(),
  };
}

function spokenStages(progress: CommandRuntime["progress"]): Progress {
  let said = "";
  return {
    report(_share, stage) {
      if (stage !== said) progress.write(`${stage}\n`);
      said = stage;
    },
    stop() {},
  };
}
