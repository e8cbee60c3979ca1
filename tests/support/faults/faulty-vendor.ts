import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { type Loopback, type LoopbackCall, startLoopback } from "../wires/loopback.ts";
import { FAULTS, modelOf } from "./faults.ts";
import type { FaultyVendorKind } from "./vendors.ts";

/** A vendor on loopback each of whose models fails in another way: the model's name says how. */
export interface FaultyVendor {
  readonly kind: FaultyVendorKind;
  readonly loopback: Loopback;
  /** Where nobody listens. */
  readonly refusedUrl: string;
  /** The next call that comes. */
  nextCall(): Promise<LoopbackCall>;
}

export async function startFaultyVendor(kind: FaultyVendorKind): Promise<FaultyVendor> {
  const waiting: ((call: LoopbackCall) => void)[] = [];
  const loopback = await startLoopback((call) => {
    const fault = FAULTS.find((one) => modelOf(one) === kind.model(call));
    if (fault?.play === undefined) throw new Error(`No fault is called ${kind.model(call)}.`);
    fault.play(call, kind);
    for (const resolve of waiting.splice(0)) resolve(call);
  });
  return {
    kind,
    loopback,
    refusedUrl: await urlOfNobody(),
    nextCall: () => new Promise((resolve) => waiting.push(resolve)),
  };
}

async function urlOfNobody(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return `http://127.0.0.1:${port}`;
}
