import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { LOOPBACK_KEYS } from "../aws-environment.ts";
import { OWN_RUNTIME, type ServiceProcess, startServiceProcess } from "../service-process.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { FAULTS, type Fault, modelOf } from "./faults.ts";
import { type FaultyVendor, startFaultyVendor } from "./faulty-vendor.ts";
import { FAULTY_BEDROCK, FAULTY_OPENAI, type FaultyVendorKind } from "./vendors.ts";

/** The service as a process, with a model for each fault of each vendor, and a document to answer from. */
export interface FaultyService {
  readonly service: ServiceProcess;
  readonly vendors: Readonly<Record<FaultyVendorKind["name"], FaultyVendor>>;
}

const DOCUMENT = "The lighthouse stands on a rock off the coast of Ouessant.";
const PROMPT = "Where does the lighthouse stand?";

/** @param deadlineMs of a request */
export async function startFaultyService(deadlineMs: number): Promise<FaultyService> {
  const vendors = {
    openai: await startFaultyVendor(FAULTY_OPENAI),
    bedrock: await startFaultyVendor(FAULTY_BEDROCK),
  };
  onTestFinished(async () => {
    await Promise.all(Object.values(vendors).map(({ loopback }) => loopback.close()));
  });
  const config = join(await temporaryFolder(), "pharos.yaml");
  await writeFile(config, JSON.stringify(configOf(vendors, deadlineMs)));
  const service = await startServiceProcess(OWN_RUNTIME, {
    environment: { PHAROS_CONFIG: config, AWS_EC2_METADATA_DISABLED: "true", ...LOOPBACK_KEYS },
  });
  const stored = await fetch(`${service.url}/corpora/faiss/documents/lighthouse`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ text: DOCUMENT }),
  });
  if (!stored.ok) throw new Error(`The document was not taken: ${await stored.text()}`);
  return { service, vendors };
}

/** The question that the model which fails so is asked. */
export function questionTo(vendor: FaultyVendorKind["name"], fault: Fault) {
  return { prompt: PROMPT, llm_name: `${vendor}/${modelOf(fault)}`, vector_search_type: "faiss" };
}

/** JSON is YAML. */
function configOf(vendors: FaultyService["vendors"], deadlineMs: number): unknown {
  const models = FAULTS.flatMap((fault) => {
    const model = { model: modelOf(fault), context_tokens: 8_000 };
    const urlAt = ({ loopback, refusedUrl }: FaultyVendor) => (fault.play === undefined ? refusedUrl : loopback.url);
    const openai = {
      adapter: "openai",
      ...model,
      api_key: "sk-loopback-secret",
      base_url: `${urlAt(vendors.openai)}/v1`,
    };
    const bedrock = { adapter: "bedrock", ...model, region: "us-east-1", endpoint: urlAt(vendors.bedrock) };
    return [
      [`openai/${modelOf(fault)}`, openai],
      [`bedrock/${modelOf(fault)}`, bedrock],
    ];
  });
  return {
    server: { deadline_ms: deadlineMs },
    // Each fault is met once: trying again and elsewhere has tests of its own.
    resilience: { attempts: 1 },
    models: Object.fromEntries(models),
    embedders: { lsa: { adapter: "lsa" } },
    searches: { faiss: { adapter: "faiss", embedder: "lsa" } },
  };
}
