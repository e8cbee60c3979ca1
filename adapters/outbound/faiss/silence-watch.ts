import { clearInterval, setInterval } from "node:timers";

export interface SilenceWatchEvents {
  /** Half of the patience has passed in silence: have the other side say something. */
  ask(): void;
  /** The patience has ended. */
  giveUp(): void;
}

/** Tells where nothing is heard for too long. Two timers in a row must find silence, so that a stall of our own is not taken for it. */
export class SilenceWatch {
  private readonly events: SilenceWatchEvents;
  private timer: NodeJS.Timeout | undefined;
  private heardNow = false;
  private asked = false;

  constructor(events: SilenceWatchEvents) {
    this.events = events;
  }

  /** From now on somebody waits; gives up after so many milliseconds of silence, or half as many again. Where it watches already, it goes on. */
  begin(patienceMs: number): void {
    if (this.timer !== undefined) return;
    this.asked = false;
    this.heardNow = false;
    this.timer = setInterval(() => this.check(), patienceMs / 2).unref();
  }

  /** Nobody waits any more. */
  end(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  heard(): void {
    this.heardNow = true;
  }

  private check(): void {
    if (this.heardNow) {
      this.heardNow = false;
      this.asked = false;
    } else if (this.asked) {
      this.end();
      this.events.giveUp();
    } else {
      this.asked = true;
      this.events.ask();
    }
  }
}
