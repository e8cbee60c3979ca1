import type { CompletionPort } from "../../domain/ports/completion-port.ts";
import type { CircuitBreaker } from "./circuit-breaker.ts";

/** How a target is made. */
export interface TargetOptions {
  /** Name of the model that it is a target of, in the config. */
  readonly model: string;
  /** Its place among the model's targets, from 0. */
  readonly index: number;
  /** Name of its adapter, in the config. */
  readonly adapter: string;
  /** Its share of the calls, against the other targets of the model; above 0. */
  readonly weight: number;
  readonly breaker: CircuitBreaker;
  create(): CompletionPort;
}

/** One of the places that a model can be asked at, with what is known of its health; shared by all who ask there. */
export class CompletionTarget {
  readonly model: string;
  /** The index in words, as metrics label it. */
  readonly label: string;
  readonly index: number;
  readonly adapter: string;
  readonly weight: number;
  readonly breaker: CircuitBreaker;
  /** Attempts under way. */
  inFlight = 0;
  private readonly create: () => CompletionPort;
  private made: CompletionPort | undefined;

  constructor({ model, index, adapter, weight, breaker, create }: TargetOptions) {
    this.model = model;
    this.label = String(index);
    this.index = index;
    this.adapter = adapter;
    this.weight = weight;
    this.breaker = breaker;
    this.create = create;
  }

  /** Made when it is first asked for. */
  get port(): CompletionPort {
    this.made ??= this.create();
    return this.made;
  }

  /** Closes the port where it was made. */
  async close(): Promise<void> {
    await this.made?.close?.();
  }
}

/** The target with the fewest attempts under way for its weight; among equals by chance, each as often as its weight says. */
export function leastLoaded(targets: readonly CompletionTarget[], random: () => number): CompletionTarget | undefined {
  if (targets.length < 2) return targets[0];
  const least = Math.min(...targets.map(loadOf));
  const equals = targets.filter((target) => loadOf(target) === least);
  const total = equals.reduce((sum, { weight }) => sum + weight, 0);
  let left = random() * total;
  for (const target of equals) {
    left -= target.weight;
    if (left < 0) return target;
  }
  return equals.at(-1);
}

function loadOf({ inFlight, weight }: CompletionTarget): number {
  return inFlight / weight;
}
