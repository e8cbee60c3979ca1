import type { ServiceError } from "../../../domain/errors.ts";
import { consumeInto, REQUEST } from "../../contract/completion-harness.ts";
import { FAULTS } from "./faults.ts";
import { startFaultyVendor } from "./faulty-vendor.ts";
import { failingPort } from "./ports.ts";
import { FAULTY_BEDROCK, FAULTY_OPENAI } from "./vendors.ts";

/** A process of its own that meets every fault, whole and streamed, closes what it opened, and ends by itself: where a socket or a timer is left, it does not. */
let failures = 0;
for (const kind of [FAULTY_OPENAI, FAULTY_BEDROCK]) {
  const vendor = await startFaultyVendor(kind);
  for (const fault of FAULTS) {
    const port = failingPort(vendor, fault);
    const signal = () => (fault.stalls === true ? AbortSignal.timeout(20) : new AbortController().signal);
    const count = (error: ServiceError) => {
      failures += Number(error.name === "ServiceError");
    };
    if (fault.onlyStreams !== true) await port.complete(REQUEST, signal()).catch(count);
    await consumeInto([], port.stream(REQUEST, signal())).catch(count);
    await port.close?.();
  }
  await vendor.loopback.close();
}
process.stdout.write(`${failures}\n`);
