import type { EmbeddingStall } from "../../contract/embedding-contract.ts";
import { wordVector } from "../fakes/fake-embedding.ts";
import { type Loopback, type LoopbackCall, startLoopback } from "./loopback.ts";

type Script = (call: LoopbackCall) => void;

export interface ScriptedEmbedder {
  readonly loopback: Loopback;
  /** Answers the next calls so, until a stall is released. */
  play(script: Script): void;
  stall(): EmbeddingStall;
  calls(): number;
}

/** A loopback vendor of embeddings that answers with `answer` until the test says otherwise. */
export async function startScriptedEmbedder(answer: Script): Promise<ScriptedEmbedder> {
  let script = answer;
  const loopback = await startLoopback((call) => script(call));
  const play = (next: Script) => {
    script = next;
  };
  return {
    loopback,
    play,
    calls: () => loopback.calls.length,
    stall: () => {
      const reached = Promise.withResolvers<void>();
      const stopped = Promise.withResolvers<void>();
      play((call) => {
        reached.resolve();
        call.gone.then(stopped.resolve);
      });
      return { reached: reached.promise, stopped: stopped.promise, release: () => play(answer) };
    },
  };
}

/** The vector that a vendor of tests has for a text: not of unit length, since that is the adapter's to see to. */
export function vendorVector(text: string, dimensions: number): readonly number[] {
  return Array.from(wordVector(text, dimensions), (value) => value * 3);
}
