import { CONTENDERS, type Contender, startUpstream, targetOf } from "./contenders.ts";
import { type Load, load } from "./load.ts";
import type { Listening } from "./processes.ts";
import { coreTimes, isDirty, processorSeconds } from "./processor.ts";

export const MANY_CALLERS = 64;

/** JSON or a stream, by one caller or by many at once. */
export const KINDS = [
  { streamed: false, callers: 1 },
  { streamed: false, callers: MANY_CALLERS },
  { streamed: true, callers: 1 },
  { streamed: true, callers: MANY_CALLERS },
] as const;

export type Kind = (typeof KINDS)[number];

export interface Slice {
  readonly kind: Kind;
  readonly load: Load;
  /** Processor time of the gateway for one request, in microseconds. */
  readonly processorUs: number;
  /** Whether others had too much of the gateway's core. */
  readonly dirty: boolean;
}

export interface Measured {
  readonly name: string;
  readonly slices: readonly Slice[];
}

export interface Effort {
  /** Times that every process is started anew. */
  readonly restarts: number;
  /** Slices of each kind in each of these. */
  readonly rounds: number;
  readonly sliceMs: number;
  /** Requests before anything is measured; a tenth as many streams. */
  readonly warmUp: number;
  /** The gateways have the first core, vendor and callers the other; nobody is pinned where absent. */
  readonly cores?: readonly [gateway: number, others: number];
}

/** Nobody between: what the callers see of the vendor itself. */
export const DIRECT = "no gateway";

interface Running {
  readonly contender: Contender;
  readonly process: Listening;
}

/** Measures each in turns, slice by slice, so that what disturbs the machine disturbs all alike. */
export async function measure(
  contenders: readonly Contender[],
  effort: Effort,
  folder: string,
  say: (text: string) => void,
): Promise<readonly Measured[]> {
  const slices = new Map<string, Slice[]>();
  for (let restart = 1; restart <= effort.restarts; restart += 1) {
    const upstream = await startUpstream(effort.cores?.[1], folder);
    const url = `http://127.0.0.1:${upstream.port}`;
    const direct = { contender: { name: DIRECT, headers: () => ({}), start: async () => upstream }, process: upstream };
    const running: Running[] = [direct];
    try {
      for (const contender of contenders) {
        say(`start ${restart}: ${contender.name}`);
        running.push({ contender, process: await contender.start(url, effort.cores?.[0], folder) });
      }
      for (const one of running) await warmUp(one, url, effort);
      for (let round = 1; round <= effort.rounds; round += 1) {
        say(`start ${restart}, round ${round}`);
        for (const kind of KINDS) {
          for (const one of running) {
            const name = one.contender.name;
            slices.set(name, [...(slices.get(name) ?? []), await measureSlice(one, url, kind, effort)]);
          }
        }
      }
    } finally {
      for (const { process } of running.toReversed()) await process.stop();
    }
  }
  return [...slices].map(([name, own]) => ({ name, slices: own }));
}

async function warmUp({ contender, process }: Running, upstream: string, { warmUp: requests }: Effort): Promise<void> {
  for (const streamed of [false, true]) {
    const target = targetOf(contender, process.port, upstream, streamed);
    await load(target, MANY_CALLERS, { requests: streamed ? requests / 10 : requests });
  }
}

async function measureSlice(
  { contender, process }: Running,
  upstream: string,
  kind: Kind,
  { sliceMs, cores }: Effort,
): Promise<Slice> {
  const target = targetOf(contender, process.port, upstream, kind.streamed);
  const coreBefore = cores && coreTimes(cores[0]);
  const secondsBefore = processorSeconds(process.pid);
  const result = await load(target, kind.callers, { ms: sliceMs });
  const seconds = processorSeconds(process.pid) - secondsBefore;
  const dirty =
    cores !== undefined &&
    coreBefore !== undefined &&
    isDirty(coreBefore, coreTimes(cores[0]), contender.name === DIRECT ? 0 : seconds, result.seconds);
  return { kind, load: result, processorUs: (seconds * 1e6) / result.requests, dirty };
}

/** All who are measured, or those of these names. @throws Error for a name that none has */
export function contendersNamed(names: readonly string[]): readonly Contender[] {
  return names.map((name) => {
    const found = CONTENDERS.find((contender) => contender.name === name);
    if (found === undefined) throw new Error(`There is no ${name}; there are ${CONTENDERS.map((one) => one.name)}.`);
    return found;
  });
}
