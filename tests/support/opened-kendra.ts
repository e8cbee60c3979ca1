import { onTestFinished } from "vitest";
import { kendraOptions } from "../../adapters/outbound/kendra/options.ts";
import { createKendra, type KendraRetrieval } from "../../adapters/outbound/kendra/retrieval.ts";
import type { ServiceError } from "../../domain/errors.ts";
import type { RetrievalRequest } from "../../domain/ports/retrieval-port.ts";
import { SkippingClock } from "./skipping-clock.ts";
import { KENDRA_INDEX_ID, type KendraDocument, KendraWire } from "./wires/kendra-wire.ts";

export interface OpenedKendra {
  readonly wire: KendraWire;
  readonly kendra: KendraRetrieval;
  search(request?: Partial<RetrievalRequest>, signal?: AbortSignal): ReturnType<KendraRetrieval["retrieve"]>;
  failure(request?: Partial<RetrievalRequest>, signal?: AbortSignal): Promise<ServiceError>;
}

/** KendraRetrieval before a wire that holds these documents, until the test ends. */
export async function openKendra(
  documents: readonly KendraDocument[],
  settings: Readonly<Record<string, unknown>> = {},
): Promise<OpenedKendra> {
  const wire = await KendraWire.start(documents);
  const given = {
    index_id: KENDRA_INDEX_ID,
    region: "eu-west-1",
    endpoint: wire.endpoint,
    require_principal: false,
    ...settings,
  };
  const { retrieval: kendra } = createKendra(kendraOptions.parse(given), new SkippingClock());
  onTestFinished(async () => {
    await kendra.close();
    await wire.close();
  });
  const search: OpenedKendra["search"] = (request = {}, signal = new AbortController().signal) =>
    kendra.retrieve({ query: "ferry", topK: 10, ...request }, signal);
  const failure: OpenedKendra["failure"] = (request, signal) =>
    search(request, signal).then(
      () => Promise.reject(new Error("The search did not fail.")),
      (error: ServiceError) => error,
    );
  return { wire, kendra, search, failure };
}

export const FERRIES: readonly KendraDocument[] = [1, 2, 3].map((number) => ({
  id: `ferry-${number}`,
  text: `Ferry number ${number}.`,
}));
