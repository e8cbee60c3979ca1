import { Presets, SingleBar } from "cli-progress";
import type { CommandRuntime } from "./runtime.ts";

/** A bar of one command's work. */
export interface Progress {
  /** Share that is done, in [0, 1], and what is being done now. */
  report(share: number, stage: string): void;
  stop(): void;
}

/** Draws a bar where there is a terminal; elsewhere says each stage once, in a line. */
export function startProgress({ progress }: CommandRuntime): Progress {
  return progress.isTTY === true ? drawnBar() : spokenStages(progress);
}

function drawnBar(): Progress {
  const bar = new SingleBar(
    { format: "{bar} {percentage}% | {stage} | {duration_formatted}", hideCursor: true, clearOnComplete: true },
    Presets.shades_classic,
  );
  bar.start(1_000, 0, { stage: "starting" });
  return {
    report: (share, stage) => bar.update(Math.round(share * 1_000), { stage }),
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
